/**
 * The engine next to OPA, in the same run.
 *
 *   npm run bench:rego [-- --opa OPA] [--policy CHECKOUT --input FILE --data DIR [--ec EC]] [--runs 7] [--evaluations 200]
 *
 * Always: the policies in examples/, for the input with `--input` or an empty one. With `--policy`, a checkout of
 * conforma/policy: its release policy, for the input and the rule data that are given. Its functions `ec.*` are replaced by rules
 * that are undefined, on both sides. With `--ec` there is a second comparison, of the policy as it is, with the OPA in EC (`ec opa`):
 * its functions find no image, which costs it time of its own.
 *
 * Prints medians and ratios (this engine's / OPA's): `load` is reading, parsing, checking and making code of policies and data;
 * `first` the first evaluation of every `deny` and `warn` in the process, `warm` one of the second half of `--evaluations`; `memory` the peak of the process
 * that loads and evaluates once; `process` and `cpu` its wall-clock and CPU time. Exit code 1 where the results differ.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { build } from "esbuild";
import { type Measurement, measure, median } from "./measure.mts";
import type { RunOutcome, RunTask } from "./rego-run.mts";

const { values } = parseArgs({
  options: {
    opa: { type: "string", default: "opa" },
    ec: { type: "string" },
    policy: { type: "string" },
    input: { type: "string" },
    data: { type: "string" },
    runs: { type: "string", default: "7" },
    evaluations: { type: "string", default: "200" },
  },
});

/** What verifying a signature gives where the image cannot be reached. */
const unverified = { success: false, errors: ["unreachable"], signatures: [], attestations: [] };

// Node says once that package.json has no "type": of no use to whom runs this.
process.removeAllListeners("warning");
const { ecExternalFunctions, ecPureFunctions } = await import("../src/policy/ec/functions.ts");
const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "sealcheck-bench-"));
const runs = Number(values.runs);

interface Subject extends RunTask {
  name: string;
  /** Program and first arguments: `opa`, or `ec opa`. */
  opa: readonly string[];
  /** Further arguments of it. */
  flags: readonly string[];
}

/** Milliseconds and mebibytes. */
interface Numbers {
  load: number;
  first: number;
  warm: number;
  memory: number;
  process: number;
  cpu: number;
}

try {
  await bundleRunner();
  const input = values.input === undefined ? writeEmptyInput() : resolve(values.input);
  const evaluations = Number(values.evaluations);
  const examples: Subject = {
    name: "examples/policy",
    policies: [join(root, "examples", "policy")],
    data: [join(root, "examples", "data")],
    input,
    evaluations,
    opa: [values.opa],
    flags: [],
  };
  const subjects = [examples];
  if (values.policy !== undefined) {
    const checkout = resolve(values.policy);
    const policies = ["lib", "release"].map((name) => join(checkout, "policy", name));
    const data = [resolve(values.data ?? join(checkout, "example", "data"))];
    const common = { data, input, evaluations };
    const opa = [values.opa];
    subjects.push({ ...common, name: "conforma/policy", policies: replaceFunctions(policies), opa, flags: [] });
    if (values.ec !== undefined) {
      const flags = ["--quiet", "--logfile", "/dev/null", "--retry-max-retry", "0"];
      subjects.push({ ...common, name: "conforma/policy and ec", policies, opa: [resolve(values.ec), "opa"], flags });
    }
  }
  for (const subject of subjects) if (!(await compare(subject))) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** V8 compiles what is evaluated often again, and better. */
function toWarm({ warmMs }: RunOutcome): number {
  return median(warmMs.slice(Math.floor(warmMs.length / 2)));
}

async function bundleRunner(): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: ["bench/rego-run.mts"],
    outfile: join(folder, "run.cjs"),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: "error",
    loader: { ".rego": "text", ".yaml": "text" },
    banner: { js: 'const __bundleUrl=require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "__bundleUrl" },
  });
}

/** Copies of the policies in which `ec.a.f(x)` is a rule, and the rules: no image can be reached, no signature verifies. */
function replaceFunctions(folders: readonly string[]): string[] {
  const copies = folders.map((source, index) => {
    const copy = join(folder, `policies-${index}`);
    for (const name of readdirSync(source, { recursive: true, encoding: "utf8" })) {
      if (!/(?<!_test)\.rego$/.test(name)) continue;
      const text = readFileSync(join(source, name), "utf8").replaceAll(
        /\bec\.(?=[a-z0-9_]+\.[a-z0-9_]+\()/g,
        "data.ec_absent.",
      );
      mkdirSync(dirname(join(copy, name)), { recursive: true });
      writeFileSync(join(copy, name), text);
    }
    return copy;
  });
  const absent = join(folder, "absent");
  mkdirSync(absent);
  for (const { name, type } of [...ecExternalFunctions, ...ecPureFunctions]) {
    const [, group = "", rule = ""] = name.split(".");
    const value = group === "sigstore" ? JSON.stringify(unverified) : 'input["no such member"]';
    const head = `${rule}(${type.args.map(() => "_").join(", ")})`;
    writeFileSync(join(absent, `${name}.rego`), `package ec_absent.${group}\n\n${head} := ${value}\n`);
  }
  return [...copies, absent];
}

function writeEmptyInput(): string {
  const path = join(folder, "input.json");
  writeFileSync(path, "{}");
  return path;
}

async function compare(subject: Subject): Promise<boolean> {
  const ours: Numbers[] = [];
  const theirs: Numbers[] = [];
  const { outcome } = await runEngine(subject, subject.evaluations);
  const query = toQuery(Object.keys(outcome.results));
  const theirResults = await evaluateWithOpa(subject, query);
  for (let run = 0; run < runs; run += 1) {
    const once = await runEngine(subject, 0);
    const { readMs, compileMs, loadMs, firstMs } = once.outcome;
    ours.push({
      load: readMs + compileMs + loadMs,
      first: firstMs,
      warm: toWarm((await runEngine(subject, subject.evaluations)).outcome),
      memory: once.memory,
      process: once.process,
      cpu: once.cpu,
    });
    const evaluated = await evaluateWithOpa(subject, query);
    theirs.push({ ...evaluated.numbers, warm: await benchWithOpa(subject, query) });
  }
  const isEqual = isDeepStrictEqual(toComparable(outcome.results), toComparable(theirResults.results));
  console.log(`\n${subject.name}: ${outcome.files} files, ${outcome.lines} lines; medians of ${runs} runs`);
  print(ours, theirs);
  const count = Object.values(outcome.results).flat().length;
  console.log(isEqual ? `the results are the same: ${count} of them` : "the results differ");
  if (!isEqual) keepResults(subject.name, outcome.results, theirResults.results);
  return isEqual;
}

function keepResults(name: string, ours: unknown, theirs: unknown): void {
  const kept = join(tmpdir(), `sealcheck-bench-${name.replaceAll("/", "-")}`);
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, "engine.json"), JSON.stringify(ours, undefined, 1));
  writeFileSync(join(kept, "opa.json"), JSON.stringify(theirs, undefined, 1));
  console.log(`both are in ${kept}`);
}

async function runEngine(subject: Subject, evaluations: number) {
  const taskFile = join(folder, "task.json");
  const { policies, data, input } = subject;
  writeFileSync(taskFile, JSON.stringify({ policies, data, input, evaluations } satisfies RunTask));
  const measured = await run(process.execPath, [join(folder, "run.cjs"), taskFile]);
  const outcome = JSON.parse(measured.stdout) as RunOutcome;
  return { outcome, memory: measured.peakMebibytes, ...toTimes(measured) };
}

/** One expression for each document, in one solution also where some are undefined. */
function toQuery(paths: readonly string[]): string {
  const members = paths.map((path) => `${JSON.stringify(path)}: [x | some x in data.${path}]`);
  return `results := {${members.join(", ")}}`;
}

function dataFlags(subject: Subject): string[] {
  const paths = [...subject.policies, ...subject.data].flatMap((path) => ["-d", path]);
  return [...subject.flags, ...paths, "--ignore", "*_test.rego", "-i", subject.input];
}

async function evaluateWithOpa(subject: Subject, query: string) {
  const [program = "opa", ...first] = subject.opa;
  const args = [...first, "eval", ...dataFlags(subject), "--metrics", "--format", "json", query];
  const measured = await run(program, args);
  const answer = JSON.parse(measured.stdout) as {
    result: { bindings: { results: Record<string, unknown[]> } }[];
    metrics: Record<string, number>;
  };
  const milliseconds = (name: string): number => (answer.metrics[`timer_rego_${name}_ns`] ?? 0) / 1e6;
  return {
    results: answer.result[0]?.bindings.results ?? {},
    numbers: {
      load: milliseconds("load_files") + milliseconds("module_compile"),
      first: milliseconds("query_eval"),
      memory: measured.peakMebibytes,
      ...toTimes(measured),
    },
  };
}

function toTimes({ wallSeconds, cpuSeconds }: Measurement): Pick<Numbers, "process" | "cpu"> {
  return { process: wallSeconds * 1_000, cpu: cpuSeconds * 1_000 };
}

async function benchWithOpa(subject: Subject, query: string): Promise<number> {
  const [program = "opa", ...first] = subject.opa;
  const measured = await run(program, [...first, "bench", ...dataFlags(subject), "--format", "json", query]);
  const answer = JSON.parse(measured.stdout) as { Extra: Record<string, number> };
  return (answer.Extra.histogram_timer_rego_query_eval_ns_median ?? Number.NaN) / 1e6;
}

async function run(program: string, args: readonly string[]) {
  const measured = await measure(program, args, { cwd: root, env: process.env });
  if (measured.exitCode !== 0) {
    throw new Error(
      `${program} ended with ${measured.exitCode}: ${measured.stderr.slice(-2_000)}${measured.stdout.slice(-2_000)}`,
    );
  }
  return measured;
}

/** Members of sets in one order; what went wrong with a fetch, in the words of either side, is left out. */
function toComparable(results: Readonly<Record<string, unknown>>): Record<string, string[]> {
  const entries = Object.entries(results).map(([path, value]) => {
    const members = Array.isArray(value) ? value : [value];
    return [
      path,
      members.map((member) => JSON.stringify(sortKeys(member)).replace(/(failed for [^"]*?): [^"]*/, "$1")).sort(),
    ] as const;
  });
  return Object.fromEntries(entries);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sortKeys(member)]));
}

function print(ours: readonly Numbers[], theirs: readonly Numbers[]): void {
  const line = (...cells: readonly string[]) =>
    console.log(cells.map((cell, index) => (index === 0 ? cell.padEnd(10) : cell.padStart(14))).join(""));
  line("", "this engine", "OPA", "ratio", "wanted");
  const wanted: Record<keyof Numbers, string> = {
    load: "1.00",
    first: "1.00",
    warm: "0.25",
    memory: "1.00",
    process: "",
    cpu: "",
  };
  for (const key of ["load", "first", "warm", "memory", "process", "cpu"] as const) {
    const own = median(ours.map((numbers) => numbers[key]));
    const other = median(theirs.map((numbers) => numbers[key]));
    const unit = key === "memory" ? "MiB" : "ms";
    const limit = wanted[key] === "" ? "" : `<= ${wanted[key]}`;
    line(key, `${own.toFixed(2)} ${unit}`, `${other.toFixed(2)} ${unit}`, (own / other).toFixed(2), limit);
  }
}
