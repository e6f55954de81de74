import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compareValues,
  compileModules,
  fromJson,
  type LoadedPolicy,
  loadPolicy,
  parseJson,
  parseModule,
  RegoError,
  RegoObject,
  toJsonText,
  type Value,
} from "../../../src/rego/index.ts";

/** A call of a built-in function; arguments are terms, as Rego text. */
export interface BuiltinCall {
  name: string;
  args: readonly string[];
}

/** What a call gives: a value with its type in front, or the error that it ends with where errors are strict. */
export interface BuiltinAnswer {
  value?: Value;
  code?: string;
  message?: string;
}

export interface BuiltinDifference {
  call: BuiltinCall;
  opa: BuiltinAnswer;
  engine: BuiltinAnswer;
}

/** Some of what OPA gives is no JSON. */
const shown =
  'shown(x, _) := [type_name(x), x] if json.marshal(x)\n\nelse := [type_name(x), sprintf("no JSON: %v", [x])]';
const before = `package p\n\nhidden(x, _) := x\n\n${shown}\n\n`;
const rowsBefore = before.split("\n").length - 1;
const maxFatal = 20;

/**
 * Each call is a rule in a row of its own. The checker knows no type of what `hidden` gives; its second argument is another
 * one each time, as OPA remembers 10 for 1e1 otherwise.
 */
function toModule(calls: readonly BuiltinCall[], without: ReadonlyMap<number, unknown> = new Map()): string {
  const rules = calls.map((call, index) => {
    if (without.has(index)) return "";
    const text = `${call.name}(${call.args.map((arg, at) => `hidden(${arg}, "${index}.${at}")`).join(", ")})`;
    const wanted = call.name === "walk" ? `[y | ${text.slice(0, -1)}, y)]` : text;
    return `r${index} := shown(x, ${index}) if x := ${wanted}`;
  });
  return `${before}${rules.join("\n")}\n`;
}

export function toText({ name, args }: BuiltinCall): string {
  return `${name}(${args.join(", ")})`;
}

/** Answers of `opa`, by call. Where it does not live through a call, its answer is a code of our own: `crash`. */
export async function askOpa(binary: string, calls: readonly BuiltinCall[]): Promise<BuiltinAnswer[]> {
  try {
    return await askTogether(binary, calls);
  } catch (thrown) {
    if (!(thrown instanceof OpaPanicError)) throw thrown;
    if (calls.length === 1) return [{ code: "crash", message: thrown.message }];
    const middle = calls.length >> 1;
    const first = await askOpa(binary, calls.slice(0, middle));
    return [...first, ...(await askOpa(binary, calls.slice(middle)))];
  }
}

/** A call that ends the evaluation is taken out, and the others are asked again. */
async function askTogether(binary: string, calls: readonly BuiltinCall[]): Promise<BuiltinAnswer[]> {
  const folder = mkdtempSync(join(tmpdir(), "sealcheck-builtins-"));
  const file = join(folder, "p.rego");
  const args = ["eval", "--show-builtin-errors", "--format", "json", "--data", file, "--timeout", "30s", "data.p"];
  const fatal = new Map<number, BuiltinAnswer>();
  try {
    for (let attempt = 0; attempt < maxFatal; attempt += 1) {
      writeFileSync(file, toModule(calls, fatal));
      const answers = readAnswers(await run(binary, args), calls.length);
      const ended = answers.findIndex(({ code }) => code !== undefined && !isOfBuiltin(code));
      if (ended < 0) return answers.map((answer, index) => fatal.get(index) ?? answer);
      fatal.set(ended, answers[ended] as BuiltinAnswer);
    }
    throw new Error(`more than ${maxFatal} calls end the evaluation`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class OpaPanicError extends Error {}

function isOfBuiltin(code: string): boolean {
  return code === "eval_builtin_error" || code === "eval_type_error";
}

function run(binary: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(binary, args, { maxBuffer: 512 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (stdout.startsWith("{")) resolve(stdout);
      else if (/^(?:panic|fatal error):/m.test(stderr)) reject(new OpaPanicError(stderr.slice(0, 500)));
      else reject(new Error(`opa gave no answer: ${(error?.message ?? "").slice(0, 2000)} ${stderr.slice(0, 2000)}`));
    });
  });
}

function readAnswers(output: string, count: number): BuiltinAnswer[] {
  // The value model's reader keeps the digits of numbers.
  const document = parseJson(output) as RegoObject;
  const answers: BuiltinAnswer[] = Array.from({ length: count }, () => ({}));
  for (const error of (document.get("errors") ?? []) as readonly RegoObject[]) {
    const row = (error.get("location") as RegoObject | undefined)?.get("row");
    const at = Number(row) - rowsBefore - 1;
    if (at < 0 && error.get("code") === "eval_builtin_error") continue;
    if (answers[at] === undefined) throw new Error(`opa refuses the calls: ${toJsonText(error).slice(0, 2000)}`);
    answers[at] = { code: String(error.get("code")), message: String(error.get("message")) };
  }
  const [result] = (document.get("result") ?? []) as readonly RegoObject[];
  const [expression] = (result?.get("expressions") ?? []) as readonly RegoObject[];
  const values = expression?.get("value") as RegoObject | undefined;
  for (const [key, value] of values?.entries() ?? []) answers[Number(String(key).slice(1))] = { value };
  return answers;
}

/** Answers of this engine: values as errors are usually treated, errors where they are strict. */
export function askEngine(calls: readonly BuiltinCall[]): BuiltinAnswer[] {
  const compiled = compileModules([parseModule("p.rego", toModule(calls))], { entrypoints: "all" });
  const policy = loadPolicy(compiled, { data: RegoObject.empty });
  return calls.map((_, index) => {
    const lenient = askOne(policy, index, false);
    if (lenient.value !== undefined || lenient.code !== undefined) return lenient;
    return askOne(policy, index, true);
  });
}

function askOne(policy: LoadedPolicy, index: number, strictBuiltinErrors: boolean): BuiltinAnswer {
  try {
    const evaluation = policy.start({
      input: fromJson({}),
      nowNs: BigInt(Date.now()) * 1_000_000n,
      strictBuiltinErrors,
    });
    const step = evaluation.step([["p", `r${index}`]]);
    if (step.kind === "pending") throw new Error("something is pending");
    const [value] = step.results;
    return value === undefined ? {} : { value };
  } catch (thrown) {
    if (thrown instanceof RegoError) return { code: thrown.code, message: thrown.message };
    return { code: "crash", message: thrown instanceof Error ? (thrown.stack ?? "") : String(thrown) };
  }
}

/** Calls whose answers are not the same. */
export function differences(
  calls: readonly BuiltinCall[],
  opa: readonly BuiltinAnswer[],
  engine: readonly BuiltinAnswer[],
): BuiltinDifference[] {
  return calls.flatMap((call, index) => {
    const theirs = opa[index] ?? {};
    const ours = engine[index] ?? {};
    return isSame(theirs, ours) ? [] : [{ call, opa: theirs, engine: ours }];
  });
}

function isSame(theirs: BuiltinAnswer, ours: BuiltinAnswer): boolean {
  if (theirs.value === undefined || ours.value === undefined) {
    return theirs.value === ours.value && theirs.code === ours.code && theirs.message === ours.message;
  }
  return compareValues(theirs.value, parseJson(toJsonText(ours.value))) === 0;
}

export function show({ value, code, message }: BuiltinAnswer): string {
  if (value !== undefined) return toJsonText((value as readonly Value[])[1] ?? null);
  return code === undefined ? "undefined" : `${code}: ${message}`;
}
