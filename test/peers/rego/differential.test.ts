import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { compare, type Difference, minimize } from "./compare.ts";
import { Engine } from "./engine.ts";
import { crashReasons, explanations } from "./explained.ts";
import { baseDocument, generateProgram, type Program } from "./generator.ts";
import { type OpaServer, startOpaServer } from "./opa-server.ts";
import { render } from "./pieces.ts";
import { Random } from "./random.ts";
import { repair } from "./repair.ts";

interface Small {
  text: string;
  what: Difference;
}

const peers = inject("peers");

/** `SEALCHECK_REGO_PROGRAMS` programs from the seed `SEALCHECK_REGO_SEED` on, for at most `SEALCHECK_REGO_SECONDS`. */
const programs = Number(process.env.SEALCHECK_REGO_PROGRAMS ?? 4_000);
const firstSeed = Number(process.env.SEALCHECK_REGO_SEED ?? 1);
const seconds = Number(process.env.SEALCHECK_REGO_SECONDS ?? 50);

/** Differences that are shown; the others are counted. */
const maxShown = 10;
/** Comparisons to make one difference small. */
const minimizeBudget = 400;

describe.skipIf(peers === undefined)("generated Rego programs", () => {
  let opa: OpaServer;
  const engine = new Engine(baseDocument);

  beforeAll(async () => {
    if (peers !== undefined) opa = await startOpaServer(peers.opa, baseDocument);
  });

  afterAll(async () => {
    await opa?.stop();
  });

  it(
    "mean to this engine what they mean to OPA",
    async () => {
      const until = performance.now() + seconds * 1_000;
      const counts = { seeds: 0, compared: 0, evaluated: 0, refused: 0, explained: 0, crashes: 0, different: 0 };
      const shown: string[] = [];
      const look = async (program: Program): Promise<void> => {
        const verdict = await compare(render(program.module), program.input, opa, engine);
        counts.compared += 1;
        if (verdict.kind === "crashed") {
          counts.crashes += 1;
          const text = render(program.module);
          if (!crashReasons.some(({ explains }) => explains(text))) shown.push(`OPA ended: ${verdict.why}\n${text}`);
        }
        if (verdict.kind === "same") counts[verdict.compiles ? "evaluated" : "refused"] += 1;
        if (verdict.kind === "different") {
          const small = await makeSmall(program, verdict.what, shown.length < maxShown);
          const isExplained = explanations.some(({ explains }) => explains(small.what, small.text));
          counts[isExplained ? "explained" : "different"] += 1;
          if (!isExplained && shown.length < maxShown) shown.push(show(program, small));
        }
      };
      for (let seed = firstSeed; seed < firstSeed + programs && performance.now() < until; seed += 1) {
        counts.seeds += 1;
        const program = generateProgram(seed, new Random(seed));
        await look(program);
        const repaired = repair(program, engine);
        if (repaired !== undefined && repaired.module !== program.module) await look(repaired);
      }
      console.log(counts);
      expect(shown.join("\n\n")).toBe("");
      expect(counts.evaluated).toBeGreaterThan((counts.seeds * 2) / 3);
    },
    (seconds + 120) * 1_000,
  );

  /** Explanations look at small programs: those are about one thing. */
  async function makeSmall(program: Program, first: Difference, isWanted: boolean): Promise<Small> {
    const text = render(program.module);
    const isExplained = explanations.some(({ explains }) => explains(first, text));
    if (!isWanted || isExplained) return { text, what: first };
    return await minimize(program, first, opa, engine, minimizeBudget);
  }

  function show(program: Program, { text, what }: Small): string {
    const where = what.path === "compile" ? "when compiling" : `of data.p.${what.path}`;
    return [
      `seed ${program.seed}, input ${JSON.stringify(program.input)}`,
      text.trim(),
      `OPA's answer ${where}: ${what.opa}`,
      `this engine's:  ${what.engine}`,
    ].join("\n");
  }
});
