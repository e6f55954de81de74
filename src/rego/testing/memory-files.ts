import type { PolicyFiles } from "./ports.ts";

/** Files in memory, for tests: texts by path. A directory is what has files below it. */
export function createMemoryFiles(texts: Readonly<Record<string, string>>): PolicyFiles {
  const below = (path: string): string => (path === "." || path === "" ? "" : `${path}/`);
  return {
    async kind(path) {
      if (Object.hasOwn(texts, path)) return "file";
      return Object.keys(texts).some((name) => name.startsWith(below(path))) ? "directory" : undefined;
    },
    async list(path) {
      const names = Object.keys(texts).filter((name) => name.startsWith(below(path)));
      return [...new Set(names.map((name) => name.slice(below(path).length).split("/")[0] ?? ""))];
    },
    async read(path, { maxBytes }) {
      const bytes = new TextEncoder().encode(texts[path] ?? "");
      if (bytes.length > maxBytes) throw new Error(`${path}: expected at most ${maxBytes} bytes, got ${bytes.length}`);
      return bytes;
    },
  };
}
