import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compareStrings, isList, parseJson, toJsonText, type Value } from "../value/index.ts";
import { type BuiltinContext, builtins } from "./index.ts";

// Each line of a file has a call and what OPA 1.15.2 answered: a result, the code and message of an error, or neither
// where the call is undefined. Sets are lists there.
interface Case {
  name: string;
  code?: string;
  message?: string;
  line: string;
}

const folder = fileURLToPath(new URL("testdata", import.meta.url));

function readCases(file: string): Case[] {
  return readFileSync(`${folder}/${file}`, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({ ...(JSON.parse(line) as Omit<Case, "line">), line }));
}

const context = (): BuiltinContext => ({
  nowNs: 1_795_261_920_000_000_000n,
  cache: new Map(),
  seed: new Uint8Array(8),
});

/** Problems of a schema come in no order. */
function show(name: string, value: Value | undefined): string {
  if (value === undefined) return "undefined";
  if (name !== "json.match_schema" || !isList(value) || !isList(value[1] ?? null)) return toJsonText(value);
  const problems = (value[1] as readonly Value[]).map((problem) => toJsonText(problem)).sort(compareStrings);
  return `${String(value[0])} ${problems.join("\n")}`;
}

describe.each(readdirSync(folder))("%s", (file) => {
  it.each(readCases(file).map((wanted, index) => [`${index + 1}: ${wanted.name}`, wanted] as const))(
    "%s",
    (_title, wanted) => {
      // The value model's reader keeps the digits of numbers.
      const record = parseJson(wanted.line);
      if (typeof record !== "object" || record === null || isList(record) || record.kind !== "object")
        throw new Error(file);
      const args = record.get("args") as readonly Value[];
      const call = () => builtins.get(wanted.name)?.evaluate(args, context());
      if (wanted.code !== undefined) {
        expect(call).toThrow(expect.objectContaining({ code: wanted.code, message: wanted.message }));
        return;
      }
      expect(show(wanted.name, call())).toBe(show(wanted.name, record.get("result")));
    },
  );
});
