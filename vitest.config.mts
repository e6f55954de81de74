import { defineConfig } from "vitest/config";
import { textModules } from "./test/text-modules.mts";

export default defineConfig({
  plugins: [textModules],
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["test/peers/**", "node_modules/**"],
    globalSetup: ["test/node-version.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
