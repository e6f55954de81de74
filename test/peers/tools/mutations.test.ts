import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { Random } from "../rego/random.ts";
import {
  createEngineCompiler,
  formatProblem,
  type OpaCompiler,
  type Problem,
  startOpaCompiler,
  toProblems,
} from "./compilers.ts";
import { type Difference, explanations } from "./mutation-explained.ts";
import { mutate } from "./mutations.ts";
import { run, writeFiles } from "./programs.ts";
import { type Modules, readSoundModules } from "./sound-modules.ts";

const peers = inject("peers");

/** `SEALCHECK_MUTATIONS` modules from the seed `SEALCHECK_MUTATION_SEED` on, for at most `SEALCHECK_MUTATION_SECONDS`. */
const count = Number(process.env.SEALCHECK_MUTATIONS ?? 800);
const firstSeed = Number(process.env.SEALCHECK_MUTATION_SEED ?? 1);
const seconds = Number(process.env.SEALCHECK_MUTATION_SECONDS ?? 20);

/** Differences that are shown; the others are counted. */
const maxShown = 10;

/**
 * How often OPA is asked again: it checks the types of rules that do not need each other in an order that is another one each time,
 * and the answer of this engine has to be one of OPA's.
 */
const maxAttempts = 30;

interface Mutant {
  modules: Modules;
  file: string;
  text: string;
}

describe.skipIf(peers === undefined)("modules with mistakes", () => {
  let opa: OpaCompiler;
  const check = createEngineCompiler();
  const groups = readSoundModules();

  beforeAll(async () => {
    if (peers !== undefined) opa = await startOpaCompiler(peers.opa);
  });

  afterAll(async () => {
    await opa?.stop();
  });

  /** Undefined where both name the same problems. The modules are those that OPA has. */
  async function compare({ modules, file, text }: Mutant): Promise<Difference | undefined> {
    const ours = check({ ...modules, [file]: text });
    let theirs = await opa.check(file, text);
    let difference = differ(theirs, ours, text);
    for (let attempt = 0; attempt < maxAttempts && isOfTypes([...theirs, ...ours]); attempt += 1) {
      if (difference === undefined || isExplained(difference)) return difference;
      // The same text would not be compiled again.
      theirs = await opa.check(file, `${text}\n# ${attempt}\n`);
      difference = differ(theirs, ours, text);
    }
    if (difference === undefined || isExplained(difference)) return difference;
    // The server knows no annotations, and `opa check` has the last word.
    return differ(await checkInProcess({ ...modules, [file]: text }), ours, text);
  }

  async function checkInProcess(modules: Modules): Promise<readonly Problem[]> {
    const cwd = mkdtempSync(join(tmpdir(), "sealcheck-mutations-"));
    try {
      writeFiles(cwd, modules);
      const args = ["check", "--format", "json", "--max-errors", "1000", "."];
      const { stderr } = await run(peers?.opa ?? "", args, { cwd });
      return stderr === "" ? [] : toProblems(JSON.parse(stderr).errors);
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  }

  it(
    "are refused for the same reasons, in the same rows and with the same types",
    async () => {
      const until = performance.now() + seconds * 1_000;
      const counts = { compared: 0, same: 0, explained: 0, different: 0 };
      const shown: string[] = [];
      const perGroup = Math.ceil(count / groups.length);
      for (const [index, modules] of groups.entries()) {
        await opa.replace(modules);
        // Each group has its share of the time.
        const end = until - (seconds * 1_000 * (groups.length - 1 - index)) / groups.length;
        for (let seed = firstSeed; seed < firstSeed + perGroup && performance.now() < end; seed += 1) {
          const mutant = toMutant(modules, new Random(seed * groups.length + index));
          const difference = await compare(mutant);
          counts.compared += 1;
          if (difference === undefined) counts.same += 1;
          else if (isExplained(difference)) counts.explained += 1;
          else {
            counts.different += 1;
            if (shown.length < maxShown) shown.push(show(seed, mutant, difference));
          }
        }
      }
      console.log(counts);
      expect(shown.join("\n\n")).toBe("");
      expect(counts.compared).toBeGreaterThan(0);
    },
    (seconds + 120) * 1_000,
  );

  const base: Modules = { "p.rego": "package p\n" };

  it.each(explanations)("still differ where $reason", async (explanation) => {
    await opa.replace(base);
    const difference = await compare({ modules: base, file: "p.rego", text: toModule(explanation) });
    expect(difference).toBeDefined();
    if (difference === undefined) return;
    expect(
      explanation.explains(difference),
      show(0, { modules: base, file: "p.rego", text: difference.text }, difference),
    ).toBe(true);
  });
});

function toModule({ example }: { example: string }): string {
  return `package p\n\n${example}\n`;
}

function toMutant(modules: Modules, random: Random): Mutant {
  const file = random.pick(Object.keys(modules));
  const mistakes = random.choose([
    [3, 1],
    [1, 2],
  ]);
  return { modules, file, text: mutate(modules[file] ?? "", mistakes, random) };
}

/** Undefined where both are the same. */
function differ(theirs: readonly Problem[], ours: readonly Problem[], text: string): Difference | undefined {
  const [ourKeys, theirKeys] = [ours, theirs].map((problems) => problems.map(formatProblem)) as [string[], string[]];
  if (ourKeys.join("\n") === theirKeys.join("\n")) return undefined;
  return {
    theirs: theirs.filter((problem) => !ourKeys.includes(formatProblem(problem))),
    ours: ours.filter((problem) => !theirKeys.includes(formatProblem(problem))),
    both: ours.filter((problem) => theirKeys.includes(formatProblem(problem))),
    text,
  };
}

function isExplained(difference: Difference): boolean {
  return explanations.some(({ explains }) => explains(difference));
}

function isOfTypes(problems: readonly Problem[]): boolean {
  return problems.some(({ code }) => code === "rego_type_error");
}

function show(seed: number, { modules, file, text }: Mutant, { theirs, ours }: Difference): string {
  const before = new Set((modules[file] ?? "").split("\n"));
  const changed = text.split("\n").flatMap((line, index) => (before.has(line) ? [] : [`${index + 1}| ${line}`]));
  return [
    `seed ${seed}, ${file}`,
    ...changed.slice(0, 6),
    ...theirs.map((problem) => `OPA only: ${formatProblem(problem)}`),
    ...ours.map((problem) => `here only: ${formatProblem(problem)}`),
  ].join("\n");
}
