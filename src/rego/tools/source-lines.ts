import type { PolicyFiles } from "../testing/ports.ts";
import type { SourceLine } from "./problem-report.ts";

/** Files that remember the policies that were read, so that errors can quote a line. */
export function sourceLines(files: PolicyFiles): { files: PolicyFiles; at: SourceLine } {
  const texts = new Map<string, string>();
  return {
    files: {
      kind: (path) => files.kind(path),
      list: (path) => files.list(path),
      async read(path, limits) {
        const bytes = await files.read(path, limits);
        if (path.endsWith(".rego")) texts.set(path, new TextDecoder().decode(bytes));
        return bytes;
      },
    },
    at: (file, row) => texts.get(file)?.split("\n")[row - 1],
  };
}
