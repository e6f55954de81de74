import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "sealcheck-bundle-"));
const bundle = join(folder, "dist", "index.js");
let rows: readonly string[];

interface Profile {
  nodes: { callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number } }[];
}

beforeAll(() => {
  execFileSync(process.execPath, [join(root, "scripts", "build.mjs"), join(folder, "dist")]);
  rows = readFileSync(bundle, "utf8").split("\n");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The places that V8 gives to what ran, for each thread. */
function profile(...args: readonly string[]): Profile[] {
  const into = mkdtempSync(join(folder, "profiles-"));
  execFileSync(process.execPath, ["--cpu-prof", "--cpu-prof-interval=50", `--cpu-prof-dir=${into}`, bundle, ...args]);
  return readdirSync(into).map((name) => JSON.parse(readFileSync(join(into, name), "utf8")) as Profile);
}

/** Named functions that have a place in the bundle. */
function placesOf({ nodes }: Profile) {
  const frames = nodes.map(({ callFrame }) => callFrame);
  return frames.filter(({ functionName, url }) => url.endsWith("index.js") && /^\w+$/.test(functionName));
}

/** A function's place is where its parameters are: its name is before them. V8 names some, as classes, by what is farther away. */
function isNamedThere({ functionName, lineNumber, columnNumber }: ReturnType<typeof placesOf>[number]): boolean {
  const before = rows[lineNumber]?.slice(Math.max(0, columnNumber - 100), columnNumber) ?? "";
  return new RegExp(`\\b(?:${functionName}|constructor)\\b`).test(before);
}

describe("the bundle", () => {
  it("is ASCII in one file, as V8 keeps one byte for each character then", () => {
    expect(readdirSync(join(folder, "dist"))).toEqual(["LICENSES.txt", "index.js"]);
    expect(readFileSync(bundle).every((byte) => byte < 0x80)).toBe(true);
  });

  it("shows at every start no code to V8 but the loader", () => {
    const code = rows.join("\n").replaceAll(/\/\*\n.*?\*\//gs, "");
    expect(code.length).toBeLessThan(8_000);
  });

  // The worker thread's profile is one of them.
  it.each([["--version"], ["demo"]])("gives what runs its own place in the file: %s", (...args) => {
    const profiles = profile(...args).map(placesOf);
    expect(profiles.length).toBeGreaterThan(args[0] === "demo" ? 1 : 0);
    for (const places of profiles) {
      expect(places.length).toBeGreaterThan(5);
      for (const { url } of places) expect([bundle, pathToFileURL(bundle).href]).toContain(url);
      expect(places.filter(isNamedThere).length / places.length).toBeGreaterThan(0.8);
    }
  });
});
