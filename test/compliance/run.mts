/**
 * Runs cases of OPA's compliance suite through the engine.
 *
 *   npm run compliance -- DIR...
 *
 * Prints each case that fails (and is not in exceptions.json), each exception that passes, and `N passed, N failed`.
 * Exit code 1 where something failed, 2 where the cases cannot be read.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

// Node says once that package.json has no "type": of no use to whom runs this.
process.removeAllListeners("warning");
const { parseCases, runCase } = await import("./cases.ts");

const exceptions = readExceptions(join(import.meta.dirname, "exceptions.json"));
const folders = process.argv.slice(2).map((path) => resolve(process.env.INIT_CWD ?? "", path));
const files = folders.flatMap(listFiles);
if (files.length === 0) {
  console.error("expected folders with the suite's cases (*.json), got none: npm run compliance -- DIR...");
  process.exit(2);
}

const counts = { passed: 0, failed: 0, excepted: 0 };
for (const file of files) {
  for (const wanted of readCases(file)) {
    const mismatch = runCase(wanted);
    const reason = exceptions.get(wanted.note);
    if (mismatch === undefined && reason === undefined) counts.passed += 1;
    else if (mismatch === undefined) {
      counts.failed += 1;
      console.log(`${wanted.note}\n  passes, and is listed as an exception: ${reason}`);
    } else if (reason === undefined) {
      counts.failed += 1;
      console.log(`${wanted.note}\n  wanted: ${cut(mismatch.wanted)}\n  got:    ${cut(mismatch.got)}`);
    } else {
      counts.excepted += 1;
      console.log(`${wanted.note}\n  exception: ${reason}`);
    }
  }
}
if (counts.excepted > 0) console.log(`${counts.excepted} exceptions`);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed === 0 ? 0 : 1);

function readExceptions(path: string): ReadonlyMap<string, string> {
  return new Map(Object.entries(JSON.parse(readFileSync(path, "utf8")) as Record<string, string>));
}

/** The path itself, or every `.json` below it, by name. */
function listFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => join(path, name));
}

function readCases(file: string) {
  try {
    return parseCases(readFileSync(file, "utf8"));
  } catch (thrown) {
    console.error(`${file}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    process.exit(2);
  }
}

function cut(text: string): string {
  return text.length > 2_000 ? `${text.slice(0, 2_000)}...` : text;
}
