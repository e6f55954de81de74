import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, inject, it } from "vitest";
import { builtins } from "../../../src/rego/index.ts";
import { askEngine, askOpa, type BuiltinDifference, differences, show, toText } from "./builtin-batch.ts";
import { comparedNames, drawCall, notCompared } from "./builtin-calls.ts";
import { builtinExplanations, explain } from "./builtin-explained.ts";
import { Random } from "./random.ts";

const peers = inject("peers");

/**
 * `SEALCHECK_REGO_BUILTIN_ROUNDS` rounds from the seed `SEALCHECK_REGO_SEED` on, for at most `SEALCHECK_REGO_BUILTIN_SECONDS`. A
 * round has some calls of each function.
 */
const rounds = Number(process.env.SEALCHECK_REGO_BUILTIN_ROUNDS ?? 5);
const firstSeed = Number(process.env.SEALCHECK_REGO_SEED ?? 1);
const seconds = Number(process.env.SEALCHECK_REGO_BUILTIN_SECONDS ?? 30);

const callsOfEach = 8;
const maxShown = 20;

describe.skipIf(peers === undefined)("built-in functions", () => {
  const opa = peers?.opa ?? "";

  it("are all compared, but those that are listed", async () => {
    const { stdout } = await promisify(execFile)(opa, ["capabilities", "--current"], { maxBuffer: 64 * 1024 * 1024 });
    const { builtins: theirs } = JSON.parse(stdout) as { builtins: { name: string; deprecated?: boolean }[] };
    const current = theirs.filter(({ deprecated }) => deprecated !== true).map(({ name }) => name);
    const known = new Set([...comparedNames(), ...Object.keys(notCompared)]);
    expect(current.filter((name) => !known.has(name))).toEqual([]);
    expect(Object.keys(notCompared).filter((name) => !current.includes(name) && !builtins.has(name))).toEqual([]);
  });

  it("differ as the explanations say, each of which is needed", async () => {
    const calls = builtinExplanations.map(({ example }) => example);
    const found = differences(calls, await askOpa(opa, calls), askEngine(calls));
    const reasons = new Map(found.map((difference) => [difference.call, explain(difference)?.reason]));
    const wanted = builtinExplanations.map(({ example, reason }) => [toText(example), reason]);
    expect(calls.map((call) => [toText(call), reasons.get(call)])).toEqual(wanted);
  });

  it(
    "mean what they mean to OPA",
    async () => {
      const until = performance.now() + seconds * 1_000;
      const counts = { rounds: 0, compared: 0, values: 0, errors: 0, explained: 0, crashes: 0, different: 0 };
      const shown: string[] = [];
      for (let seed = firstSeed; seed < firstSeed + rounds && performance.now() < until; seed += 1) {
        const random = new Random(seed);
        const calls = comparedNames().flatMap((name) => random.times(callsOfEach, () => drawCall(name, random)));
        const theirs = await askOpa(opa, calls);
        counts.rounds += 1;
        counts.compared += calls.length;
        counts.values += theirs.filter(({ value }) => value !== undefined).length;
        counts.errors += theirs.filter(({ code }) => code?.startsWith("eval_") === true).length;
        counts.crashes += theirs.filter(({ code }) => code === "crash").length;
        const found = differences(calls, theirs, askEngine(calls)).filter(({ opa }) => opa.code !== "crash");
        for (const difference of found) {
          const isExplained = explain(difference) !== undefined;
          counts[isExplained ? "explained" : "different"] += 1;
          if (!isExplained && shown.length < maxShown) shown.push(describeDifference(seed, difference));
        }
      }
      console.log(counts);
      expect(shown.join("\n\n")).toBe("");
      expect(counts.values).toBeGreaterThan(counts.compared / 3);
    },
    (seconds + 120) * 1_000,
  );
});

function describeDifference(seed: number, { call, opa, engine }: BuiltinDifference): string {
  return [
    `seed ${seed}: ${toText(call).slice(0, 2000)}`,
    `OPA's answer:  ${show(opa).slice(0, 1000)}`,
    `this engine's: ${show(engine).slice(0, 1000)}`,
  ].join("\n");
}
