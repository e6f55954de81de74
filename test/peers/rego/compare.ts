import { compareValues, parseJson } from "../../../src/rego/index.ts";
import type { Answer, Problem } from "./answers.ts";
import type { Engine } from "./engine.ts";
import type { Program } from "./generator.ts";
import { OpaGoneError, type OpaServer } from "./opa-server.ts";
import { type Piece, render, shrink } from "./pieces.ts";

/** What both sides made of a program, where it is not the same. */
export interface Difference {
  path: string;
  opa: string;
  engine: string;
}

export type Verdict =
  | { kind: "same"; compiles: boolean }
  /** OPA itself did not live through it, twice. */
  | { kind: "crashed"; why: string }
  | { kind: "different"; what: Difference };

/** How often OPA is asked for the errors of a module that it refuses with others than this engine's. */
const maxAttempts = 30;

/** Compares errors by code and row, and every document by value. */
export async function compare(text: string, input: unknown, opa: OpaServer, engine: Engine): Promise<Verdict> {
  let why = "";
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      return await compareAll(text, input, opa, engine);
    } catch (thrown) {
      if (!(thrown instanceof OpaGoneError)) throw thrown;
      why = thrown.message;
      await opa.restart();
    }
  }
  return { kind: "crashed", why };
}

async function compareAll(text: string, input: unknown, opa: OpaServer, engine: Engine): Promise<Verdict> {
  const theirs = await opa.put(text);
  const ours = engine.put(text);
  const difference = differ("compile", toAnswer(theirs), toAnswer(ours));
  if (difference !== undefined) return await compareAgain(text, difference, toAnswer(ours), opa);
  if (theirs !== undefined) return { kind: "same", compiles: false };
  const whole = await opa.ask("", input);
  const ourWhole = engine.ask("", input);
  if (!("problems" in whole) && !("problems" in ourWhole)) {
    const what = differ("", whole, ourWhole);
    return what === undefined ? { kind: "same", compiles: true } : { kind: "different", what };
  }
  const paths = new Set([...text.matchAll(/^(?:default )?(r\d+)/gm)].map((match) => match[1] as string));
  for (const path of paths) {
    const answer = await opa.ask(path, input);
    const ours = engine.ask(path, input);
    const what = differ(path, answer, ours);
    if (what === undefined || (await isEvaluatedBefore(text, { path, input, ours }, opa))) continue;
    return { kind: "different", what };
  }
  return { kind: "same", compiles: true };
}

/**
 * OPA checks the types of rules that do not need each other in an order that is another one each time. Where one body of several of
 * a function has an error, the function takes anything, or has no type, by that order: this engine's answer has to be one of OPA's.
 * The difference is to the one that is nearest.
 */
async function compareAgain(text: string, first: Difference, ours: Answer, opa: OpaServer): Promise<Verdict> {
  const isOfTypes = first.opa.includes("rego_type_error") || first.engine.includes("rego_type_error");
  let nearest = first;
  let distance = Number.MAX_SAFE_INTEGER;
  for (let attempt = 0; attempt < maxAttempts && isOfTypes; attempt += 1) {
    // The same text again would not be compiled again.
    const theirs = toAnswer(await opa.put(`${text}\n# ${attempt}\n`));
    const what = differ("compile", theirs, ours);
    if (what === undefined) return { kind: "same", compiles: false };
    const found = distanceOf(theirs, ours);
    if (found >= distance) continue;
    distance = found;
    nearest = what;
  }
  return { kind: "different", what: nearest };
}

/** How many places of problems only one side names; a problem of OPA's without a place may be any of the others. */
function distanceOf(theirs: Answer, ours: Answer): number {
  if (!("problems" in theirs) || !("problems" in ours)) return Number.POSITIVE_INFINITY;
  const places = (problems: readonly Problem[]) => new Set(problems.map(({ code, row }) => `${code}:${row}`));
  const placed = places(theirs.problems.filter(({ row }) => row !== 0));
  const own = places(ours.problems);
  const missing = [...placed].filter((place) => !own.has(place)).length;
  const more = [...own].filter((place) => !placed.has(place)).length;
  return missing + Math.max(0, more - theirs.problems.filter(({ row }) => row === 0).length);
}

/**
 * OPA evaluates the key of a partial document that is asked for, and goes on with the first value that it finds; this engine
 * evaluates the document. That can meet a conflict that OPA does not see there: then OPA has to see one in the whole document.
 */
async function isEvaluatedBefore(
  text: string,
  { path, input, ours }: { path: string; input: unknown; ours: Answer },
  opa: OpaServer,
): Promise<boolean> {
  if (!("problems" in ours) || ours.problems.some(({ code }) => code !== "eval_conflict_error")) return false;
  const before = text.split("\n").slice(0, ours.problems[0]?.row);
  const owner = before.findLast((line) => /^(?:r|f|q)\d/.test(line))?.match(/^r\d+/)?.[0];
  if (owner === undefined || owner === path) return false;
  const whole = await opa.ask(owner, input);
  return "problems" in whole && whole.problems.every(({ code }) => code === "eval_conflict_error");
}

function toAnswer(problems: readonly Problem[] | undefined): Answer {
  return problems === undefined ? { value: undefined } : { problems };
}

function differ(path: string, theirs: Answer, ours: Answer): Difference | undefined {
  if (isSame(theirs, ours)) return undefined;
  return { path, opa: describe(theirs), engine: describe(ours) };
}

function isSame(theirs: Answer, ours: Answer): boolean {
  if ("problems" in theirs || "problems" in ours) {
    return "problems" in theirs && "problems" in ours && toKey(theirs.problems) === toKey(ours.problems);
  }
  if (theirs.value === undefined || ours.value === undefined) return theirs.value === ours.value;
  return compareValues(parseJson(theirs.value), parseJson(ours.value)) === 0;
}

function toKey(problems: readonly Problem[]): string {
  return [...new Set(problems.map(({ code, row }) => `${code}:${row}`))].sort().join(" ");
}

function describe(answer: Answer): string {
  if (!("problems" in answer)) return answer.value?.trim() ?? "undefined, or compiles";
  return answer.problems.map(({ code, row, message }) => `${row}: ${code}: ${message}`).join("; ");
}

/** The smallest program found whose difference is of the same kind, within `budget` comparisons. */
export async function minimize(
  program: Program,
  first: Difference,
  opa: OpaServer,
  engine: Engine,
  budget: number,
): Promise<{ text: string; what: Difference }> {
  const wanted = toClass(first);
  let { module } = program;
  let what = first;
  let left = budget;
  const step = async (): Promise<Piece | undefined> => {
    for (const smaller of shrink(module)) {
      if (left-- <= 0) return undefined;
      const verdict = await compare(render(smaller), program.input, opa, engine);
      if (verdict.kind !== "different" || toClass(verdict.what) !== wanted) continue;
      what = verdict.what;
      return smaller;
    }
    return undefined;
  };
  for (let smaller = await step(); smaller !== undefined; smaller = await step()) module = smaller;
  return { text: render(module), what };
}

/** Differences of one kind: which codes stood against which. */
function toClass({ path, opa, engine }: Difference): string {
  const codes = (text: string): string =>
    [...new Set(text.match(/\b(?:rego|eval)_\w+_error|\bcrash\b/g) ?? [])].join("+");
  return `${path === "compile" ? "compile" : "value"} ${codes(opa)} / ${codes(engine)}`;
}
