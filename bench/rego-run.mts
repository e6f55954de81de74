/**
 * One fresh process of this engine, started by rego.mts: reads its task from a file, does it once, and prints what each
 * part took, in milliseconds. It is bundled first, as the product's worker threads are, and V8 has the settings that `sealcheck eval` gives it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { optimizeLater } from "../src/entry/ports/optimizer.ts";
import { limitHeapGrowth } from "../src/entry/ports/threads.ts";
import { compileGroup } from "../src/policy/compile-group.ts";
import { readDataDocuments } from "../src/policy/data-documents.ts";
import { ecPureFunctions } from "../src/policy/ec/functions.ts";
import type { FetchedSource } from "../src/policy/fetch-source.ts";
import { fromJson, type LoadedPolicy, loadPolicy, toJson, type Value } from "../src/rego/index.ts";

export interface RunTask {
  policies: readonly string[];
  data: readonly string[];
  input: string;
  /** Evaluations after the first. */
  evaluations: number;
}

export interface RunOutcome {
  readMs: number;
  compileMs: number;
  loadMs: number;
  firstMs: number;
  warmMs: readonly number[];
  /** Lines and files of the policies. */
  files: number;
  lines: number;
  /** By path, `tasks.deny`: what was defined. */
  results: Readonly<Record<string, unknown>>;
}

/** What verifying a signature gives where the image cannot be reached. */
const unverified = { success: false, errors: ["unreachable"], signatures: [], attestations: [] };

optimizeLater();
limitHeapGrowth();
const task = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as RunTask;
const readStart = performance.now();
const policies = task.policies.map((path) => readSource(path, /(?<!_test)\.rego$/));
const documents = readDataDocuments(task.data.map((path) => readSource(path, /\.(?:json|ya?ml)$/)));
const compileStart = performance.now();
const group = compileGroup(policies);
const loadStart = performance.now();
const loaded = loadPolicy(group.compiled, { data: documents, functions: ecPureFunctions });
const loadEnd = performance.now();

const paths = group.index.packages.flatMap(({ path, checks }) => checks.map((name) => [...path, name]));
const input = fromJson(JSON.parse(readFileSync(task.input, "utf8")));
const firstStart = performance.now();
const results = evaluate(loaded, input);
const firstMs = performance.now() - firstStart;
const warmMs: number[] = [];
for (let count = 0; count < task.evaluations; count += 1) {
  const started = performance.now();
  evaluate(loaded, input);
  warmMs.push(performance.now() - started);
}

const texts = policies.flatMap(({ files }) => files).map(({ bytes }) => new TextDecoder().decode(bytes));
const outcome: RunOutcome = {
  readMs: compileStart - readStart,
  compileMs: loadStart - compileStart,
  loadMs: loadEnd - loadStart,
  firstMs,
  warmMs,
  files: texts.length,
  lines: texts.reduce((sum, text) => sum + text.split("\n").length - 1, 0),
  results: Object.fromEntries(
    paths.flatMap((path, index) => {
      const value = results[index];
      return value === undefined ? [] : [[path.join("."), toJson(value)] as const];
    }),
  ),
};
process.stdout.write(JSON.stringify(outcome));

/** What policies ask of a registry has no answer. */
function evaluate(policy: LoadedPolicy, document: Value): readonly (Value | undefined)[] {
  const evaluation = policy.start({ input: document, nowNs: BigInt(Date.now()) * 1_000_000n });
  for (;;) {
    const step = evaluation.step(paths);
    if (step.kind === "done") return step.results;
    for (const { key, name } of step.calls) {
      evaluation.answer(key, name.startsWith("ec.sigstore.") ? unverified : undefined);
    }
  }
}

function readSource(folder: string, wanted: RegExp): FetchedSource {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => wanted.test(name));
  const files = names.sort().map((path) => ({ path, bytes: readFileSync(join(folder, path)) }));
  return { url: folder, pinnedUrl: folder, files };
}
