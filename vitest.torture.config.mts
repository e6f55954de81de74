import { defineConfig } from "vitest/config";
import { textModules } from "./test/text-modules.mts";

// The tests of test/torture in full; `npm test` runs a few rounds of each.
export default defineConfig({
  plugins: [textModules],
  test: {
    include: ["test/torture/**/*.test.ts"],
    globalSetup: ["test/node-version.ts"],
    env: { SEALCHECK_TORTURE: "full" },
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
