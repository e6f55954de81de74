import { defineConfig } from "vitest/config";
import { textModules } from "./test/text-modules.mts";

export default defineConfig({
  plugins: [textModules],
  test: {
    include: ["test/peers/**/*.test.ts"],
    globalSetup: ["test/node-version.ts", "test/peers/install.ts"],
    testTimeout: 120_000,
    hookTimeout: 1_500_000,
    fileParallelism: false,
  },
});
