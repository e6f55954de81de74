import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/peers/**/*.test.ts"],
    globalSetup: ["test/node-version.ts", "test/peers/install.ts"],
    testTimeout: 120_000,
    hookTimeout: 1_500_000,
    fileParallelism: false,
  },
});
