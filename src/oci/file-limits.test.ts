import { execFileSync } from "node:child_process";
import { describe, expect, it, vi } from "vitest";
import { toFileLimits } from "./file-limits.ts";

vi.setConfig({ testTimeout: 60_000 });

describe("toFileLimits", () => {
  it.each([
    [2 ** 40, { maxFileBytes: 16 * 2 ** 20, maxYamlBytes: 2 * 2 ** 20, maxTotalBytes: 64 * 2 ** 20 }],
    [44_739_242, { maxFileBytes: 16 * 2 ** 20, maxYamlBytes: 1_657_008, maxTotalBytes: 44_739_242 }],
    [10_000_000, { maxFileBytes: 10_000_000, maxYamlBytes: 370_370, maxTotalBytes: 10_000_000 }],
    [0, { maxFileBytes: 1, maxYamlBytes: 1, maxTotalBytes: 1 }],
  ])("keeps what is parsed within documents of %d bytes", (maxDocumentBytes, expected) => {
    expect(toFileLimits(maxDocumentBytes)).toMatchObject(expected);
  });

  // What is allowed is a 32nd of the heap. What takes most heap for its length: JSON of empty objects, YAML of many short entries in brackets.
  it.each([
    ["JSON", "maxFileBytes", `"[" + "{},".repeat(bytes / 3 - 1) + "{}]"`],
    ["YAML", "maxYamlBytes", `"[" + "a,".repeat(bytes / 2 - 2) + "a]"`],
  ])("keeps %s that fills them within a small heap", (_name, limit, document) => {
    const program = `
      import { toFileLimits } from ${address("./file-limits.ts")};
      import { parseStructuredDocument } from ${address("./structured-document.ts")};
      const limits = toFileLimits(Math.floor(2 ** 28 / 32));
      const bytes = limits.${limit};
      const document = await parseStructuredDocument(Buffer.from(${document}), { ...limits, subject: "x" });
      console.log(document.length / bytes);`;
    const options = ["--max-old-space-size=256", "--no-warnings", "--input-type=module", "-e", program];
    expect(Number(execFileSync(process.execPath, options).toString())).toBeGreaterThan(0.3);
  });
});

function address(file: string): string {
  return JSON.stringify(new URL(file, import.meta.url).href);
}
