/**
 * Validates the same images with Conforma's `ec` and with the bundle, and compares what both say and what it costs.
 *
 *   node bench/next-to-ec.mts --ec EC --registry REGISTRY --sample INPUT.json --policy DIR --data DIR [--images 20] [--runs 3] [--delay-ms 0]
 *
 * EC is a built `ec`, REGISTRY CNCF distribution's `registry`, INPUT.json a policy input with a real provenance, `--policy` a
 * checkout of conforma/policy, `--data` a folder with its rule data.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { attestImage, signImage } from "../src/demo/evidence.ts";
import { pushImage } from "../src/demo/image.ts";
import { createKeyPair } from "../src/demo/keys.ts";
import type { Statement } from "../src/demo/statement.ts";
import { createHttpTarget } from "../src/demo/target.ts";
import { startCountingProxy } from "./counting-proxy.mts";
import { type Measurement, measure, median } from "./measure.mts";

const { values } = parseArgs({
  options: {
    ec: { type: "string" },
    registry: { type: "string" },
    sample: { type: "string" },
    policy: { type: "string" },
    data: { type: "string" },
    collection: { type: "string", default: "@redhat" },
    images: { type: "string", default: "20" },
    runs: { type: "string", default: "3" },
    "delay-ms": { type: "string", default: "0" },
    workers: { type: "string", default: "" },
    only: { type: "string", default: "" },
  },
});
const required = (name: "ec" | "registry" | "sample" | "policy" | "data"): string => {
  const value = values[name];
  if (value === undefined) throw new Error(`--${name} is missing`);
  return resolve(value);
};

const folder = mkdtempSync(join(tmpdir(), "sealcheck-bench-"));
const registry = await startRegistry(required("registry"));
const proxy = await startCountingProxy({ target: registry.url, delayMs: Number(values["delay-ms"]) });

interface ComponentResults {
  containerImage: string;
  violations: string[];
  warnings: string[];
  successes: string[];
  /** What each result depends on, by its line. */
  dependencies: Map<string, readonly string[]>;
  /** Codes of violations and warnings. */
  reported: Set<string>;
}

try {
  const key = createKeyPair();
  const snapshot = await pushSnapshot(key);
  writeFileSync(join(folder, "snapshot.json"), JSON.stringify(snapshot));
  writeFileSync(join(folder, "key.pub"), key.publicKeyPem);
  writeFileSync(join(folder, "policy.json"), JSON.stringify(toPolicy()));
  const args = [
    "validate",
    "image",
    `--images=${join(folder, "snapshot.json")}`,
    `--policy=${join(folder, "policy.json")}`,
    `--public-key=${join(folder, "key.pub")}`,
    "--ignore-rekor",
    "--show-successes",
    "--info",
    "--strict=false",
    "--timeout=60m",
    "--output=json",
    ...(values.workers === "" ? [] : [`--workers=${values.workers}`]),
  ];
  const bundle = resolve(import.meta.dirname, "..", "dist", "index.js");
  // `ec` asks TUF even for a key: where there is no network, an address that refuses at once keeps that out of the times.
  const noTuf = { TUF_MIRROR: "http://127.0.0.1:1" };
  const programs = [
    { name: "ec", command: required("ec"), args, env: noTuf },
    { name: "ec EC_USE_OPA=1", command: required("ec"), args, env: { ...noTuf, EC_USE_OPA: "1" } },
    { name: "sealcheck", command: process.execPath, args: [bundle, ...args], env: {} },
  ].filter((program) => values.only === "" || program.name === values.only);
  const reports = new Map<string, ComponentResults[]>();
  for (const program of programs) {
    const runs: Measurement[] = [];
    for (let run = 0; run < Number(values.runs); run += 1) {
      proxy.reset();
      runs.push(
        await measure(program.command, program.args, {
          cwd: folder,
          env: { ...process.env, HOME: folder, ...program.env },
        }),
      );
    }
    reports.set(program.name, print(program.name, runs));
  }
  compare(reports);
} finally {
  proxy.close();
  registry.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function startRegistry(binary: string): Promise<{ url: string; stop(): void }> {
  const port = await freePort();
  const configuration = join(folder, "registry.yml");
  writeFileSync(
    configuration,
    `version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: "${join(folder, "storage")}"}}\nhttp: {addr: "127.0.0.1:${port}"}\n`,
  );
  const child = spawn(binary, ["serve", configuration], { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await fetch(`${url}/v2/`).catch(() => undefined);
    if (answer?.ok) return { url, stop: () => void child.kill() };
    await new Promise((wait) => setTimeout(wait, 100));
  }
  throw new Error("the registry did not start");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  await new Promise<void>((closed) => server.close(() => closed()));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function pushSnapshot(key: ReturnType<typeof createKeyPair>) {
  const target = createHttpTarget({ registry: proxy.host });
  const sample = JSON.parse(readFileSync(required("sample"), "utf8"));
  const oldDigest: string = sample.image.ref.split("@sha256:")[1];
  const oldName: string = sample.attestations[0].statement.subject[0].name;
  const components = [];
  for (let index = 0; index < Number(values.images); index += 1) {
    const repository = `bench/image-${index}`;
    const image = await pushImage(target, {
      repository,
      tag: "latest",
      files: { "number.txt": String(index) },
      labels: sample.image.config.Labels,
      config: { Cmd: sample.image.config.Cmd, Env: sample.image.config.Env },
    });
    const text = JSON.stringify(sample.attestations[0].statement)
      .replaceAll(oldDigest, image.digest.slice("sha256:".length))
      .replaceAll(oldName, `${proxy.host}/${repository}`)
      .replaceAll("quay.io/", `${proxy.host}/`);
    const statement: Statement = JSON.parse(text);
    await signImage(target, image, key, { format: "tag" });
    await attestImage(target, image, statement, key, { format: "tag" });
    components.push({ name: `image-${index}`, containerImage: `${proxy.host}/${repository}@${image.digest}` });
  }
  return { application: "bench", components };
}

function toPolicy() {
  const policy = required("policy");
  return {
    sources: [
      {
        policy: [`${policy}/policy/lib`, `${policy}/policy/release`],
        data: [copyData()],
        config: { include: [values.collection] },
      },
    ],
  };
}

/** The rule data, with the registry that the provenance names taken to be the one on loopback: nothing else can be asked. */
function copyData(): string {
  const copy = join(folder, "data");
  mkdirSync(copy);
  for (const name of readdirSync(required("data"))) {
    writeFileSync(
      join(copy, name),
      readFileSync(join(required("data"), name), "utf8").replaceAll("quay.io/", `${proxy.host}/`),
    );
  }
  return copy;
}

function print(name: string, runs: readonly Measurement[]): ComponentResults[] {
  const last = runs.at(-1);
  if (last === undefined || last.exitCode !== 0)
    throw new Error(`${name} failed (${last?.exitCode}): ${last?.stderr.slice(0, 2000)}`);
  const requests = [...proxy.counts].sort().map(([kind, count]) => `${kind} ${count}`);
  const total = [...proxy.counts.values()].reduce((sum, count) => sum + count, 0);
  const figure = (pick: (run: Measurement) => number) => median(runs.map(pick)).toFixed(2);
  console.log(
    `${name}: wall ${figure((run) => run.wallSeconds)} s, CPU ${figure((run) => run.cpuSeconds)} s, peak ${figure((run) => run.peakMebibytes)} MiB, ` +
      `${total} requests (${requests.join(", ")})`,
  );
  return JSON.parse(last.stdout)
    .components.map(toResults)
    .sort((left: ComponentResults, right: ComponentResults) => (left.containerImage < right.containerImage ? -1 : 1));
}

interface RawResult {
  msg: string;
  metadata?: { code?: string; term?: unknown; depends_on?: readonly string[] };
}

function toResults(component: Record<string, unknown>): ComponentResults {
  const results = (key: string) => (component[key] ?? []) as RawResult[];
  const toLine = (result: RawResult) => `${result.metadata?.code} [${result.metadata?.term ?? ""}]: ${result.msg}`;
  const all = [...results("violations"), ...results("warnings"), ...results("successes")];
  return {
    containerImage: String(component.containerImage),
    violations: results("violations").map(toLine).sort(),
    warnings: results("warnings").map(toLine).sort(),
    successes: results("successes").map(toLine).sort(),
    dependencies: new Map(all.map((result) => [toLine(result), result.metadata?.depends_on ?? []])),
    reported: new Set([...results("violations"), ...results("warnings")].map((result) => result.metadata?.code ?? "")),
  };
}

/**
 * Lists what differs. `ec` keeps a result with several dependencies once for each that was not reported; here it is dropped when
 * any was reported, and listed once otherwise, on purpose (docs/differences.md): those are listed apart.
 */
function compare(reports: ReadonlyMap<string, ComponentResults[]>): void {
  const [first, ...others] = [...reports];
  if (first === undefined) return;
  const [referenceName, reference] = first;
  for (const [name, results] of others) {
    const differences: string[] = [];
    const explained = new Set<string>();
    for (const [index, expected] of reference.entries()) {
      const actual = results[index];
      for (const kind of ["violations", "warnings", "successes"] as const) {
        const [missing, extra] = compareLines(expected[kind], actual?.[kind] ?? []);
        for (const line of missing) {
          const dependencies = expected.dependencies.get(line) ?? [];
          const isRepeated = dependencies.length > 1 && actual?.[kind].includes(line) === true;
          const isDropped = kind === "successes" && dependencies.some((code) => expected.reported.has(code));
          if (isRepeated || isDropped) explained.add(`${isRepeated ? "lists once" : "drops"}: ${line}`);
          else differences.push(`lacks ${kind}: ${line}`);
        }
        differences.push(...extra.map((line) => `adds ${kind}: ${line}`));
      }
    }
    for (const line of differences.slice(0, 20)) console.log(`  ${name} ${line}`);
    for (const line of explained) console.log(`  ${name}, by what it depends on (docs/differences.md), ${line}`);
    const [counts] = reference;
    console.log(
      `${name} against ${referenceName}: ${differences.length} unexplained differences in ${reference.length} components ` +
        `(${referenceName}: each ${counts?.violations.length} violations, ${counts?.warnings.length} warnings, ${counts?.successes.length} successes)`,
    );
  }
}

/** What the first list has more of, and what the second has, repeated lines counted. */
function compareLines(expected: readonly string[], actual: readonly string[]): [string[], string[]] {
  const left = [...actual];
  const missing = expected.filter((line) => {
    const position = left.indexOf(line);
    if (position >= 0) left.splice(position, 1);
    return position < 0;
  });
  return [missing, left];
}
