import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "src");

/** Who may import whom: a folder imports folders of lower rank only; `types` is everybody's. */
const rank: Readonly<Record<string, number>> = {
  types: 0,
  disk: 0,
  yaml: 0,
  cache: 1,
  rego: 1,
  registry: 1,
  inputs: 2,
  oci: 3,
  snapshot: 4,
  attestation: 5,
  sigstore: 6,
  policy: 7,
  report: 8,
  run: 9,
  demo: 9,
  entry: 10,
  "main.ts": 11,
};

interface Import {
  from: string;
  to: string;
  /** Only types: nothing is loaded. Types may be recursive, files may not wait for each other. */
  isTypeOnly: boolean;
}

function listSources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !/\.(test|fixture|d)\.ts$/.test(name))
    .map((name) => name.split(sep).join("/"));
}

function readImports(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/(?:^(import|export)( type)?[^;"]*?from\s*|import\s*\(?\s*)"(\.{1,2}\/[^"]+)"/gm)]
    .map((match) => ({
      from: file,
      to: posix.normalize(posix.join(posix.dirname(file), match[3] ?? "")),
      isTypeOnly: match[2] !== undefined,
    }))
    .filter((edge) => edge.to.endsWith(".ts") && !edge.to.startsWith(".."));
}

function stageOf(file: string): string {
  return file.split("/")[0] ?? file;
}

const imports = listSources(root).flatMap(readImports);

describe("import graph", () => {
  it("sees the imports", () => {
    expect(imports.length).toBeGreaterThan(500);
    expect(imports.some((edge) => edge.from === "main.ts" && edge.to === "entry/action.ts")).toBe(true);
  });

  it("knows every stage", () => {
    const unknown = [...new Set(imports.flatMap((edge) => [stageOf(edge.from), stageOf(edge.to)]))].filter(
      (stage) => rank[stage] === undefined,
    );
    expect(unknown).toEqual([]);
  });

  it("runs from the entry to the shared types, never back", () => {
    const offending = imports
      .filter((edge) => stageOf(edge.from) !== stageOf(edge.to))
      .filter((edge) => (rank[stageOf(edge.from)] ?? 0) <= (rank[stageOf(edge.to)] ?? 0))
      .map((edge) => `${edge.from} -> ${edge.to}`);
    expect(offending).toEqual([]);
  });

  it("enters another stage through its index.ts", () => {
    const offending = imports
      .filter((edge) => stageOf(edge.from) !== stageOf(edge.to) && stageOf(edge.from) !== "main.ts")
      .filter((edge) => edge.to.split("/").length > 1 && edge.to !== `${stageOf(edge.to)}/index.ts`)
      .map((edge) => `${edge.from} -> ${edge.to}`);
    expect(offending).toEqual([]);
  });

  it("lets no file import its own folder's index.ts", () => {
    const offending = imports
      .filter((edge) => edge.to === posix.join(posix.dirname(edge.from), "index.ts"))
      .map((edge) => `${edge.from} -> ${edge.to}`);
    expect(offending).toEqual([]);
  });

  it("has no circle", () => {
    expect(findCircle(imports.filter((edge) => !edge.isTypeOnly))).toEqual([]);
  });

  it("keeps environment, arguments, exit and console in entry", () => {
    const offending = listSources(root)
      .filter((file) => !file.startsWith("entry/") && file !== "main.ts")
      .filter((file) =>
        /\bprocess\.(env|argv|exit|exitCode|stdout|stderr)\b|\bconsole\./.test(readFileSync(join(root, file), "utf8")),
      );
    expect(offending).toEqual([]);
  });
});

function findCircle(edges: readonly Import[]): string[] {
  const targets = new Map<string, string[]>();
  for (const edge of edges) targets.set(edge.from, [...(targets.get(edge.from) ?? []), edge.to]);
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file)) return [];
    path.push(file);
    for (const target of targets.get(file) ?? []) {
      const circle = visit(target);
      if (circle.length > 0) return circle;
    }
    path.pop();
    finished.add(file);
    return [];
  };
  for (const file of targets.keys()) {
    const circle = visit(file);
    if (circle.length > 0) return circle;
  }
  return [];
}
