/**
 * Measures the bundle on many components: what one costs, and whether memory stays flat.
 *
 *   node bench/many.mts [--components 200] [--few 40] [--workers 2] [--runs 3] [--bundle dist/index.js]
 *     [--sample INPUT.json --policy DIR --data DIR [--collection @redhat]]
 *
 * The images are made here, on the embedded registry: with the demo's provenance and the example policy, or with the
 * provenance of a policy input (`--sample`) and the release policy of a conforma/policy checkout (`--policy`).
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { attestImage, signImage } from "../src/demo/evidence.ts";
import { pushImage } from "../src/demo/image.ts";
import { createKeyPair } from "../src/demo/keys.ts";
import { createProvenance } from "../src/demo/provenance.ts";
import type { Statement } from "../src/demo/statement.ts";
import { createHttpTarget } from "../src/demo/target.ts";
import { createMemoryStore, startRegistry } from "../src/registry/index.ts";
import type { Digest } from "../src/types/index.ts";
import { type Measurement, measure, median } from "./measure.mts";

const root = resolve(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    components: { type: "string", default: "200" },
    few: { type: "string", default: "40" },
    workers: { type: "string", default: "2" },
    runs: { type: "string", default: "3" },
    bundle: { type: "string", default: join(root, "dist", "index.js") },
    sample: { type: "string" },
    policy: { type: "string", default: join(root, "examples", "policy") },
    data: { type: "string", default: join(root, "examples", "data") },
    collection: { type: "string", default: "" },
    "node-option": { type: "string", multiple: true, default: [] },
  },
});

interface Cost {
  wallSeconds: number;
  cpuSeconds: number;
  peakMebibytes: number;
  requestsPerComponent: number;
}

const folder = mkdtempSync(join(tmpdir(), "sealcheck-bench-"));
const registry = await startRegistry({ store: createMemoryStore() });
const sample = values.sample === undefined ? undefined : JSON.parse(readFileSync(values.sample, "utf8"));

try {
  const key = createKeyPair();
  const many = Number(values.components);
  const few = Number(values.few);
  const components = await pushComponents(many, key);
  writeFileSync(join(folder, "key.pub"), key.publicKeyPem);
  writeFileSync(join(folder, "policy.json"), JSON.stringify(toPolicy()));
  const costs = new Map<number, Cost>();
  for (const count of [1, few, many]) costs.set(count, await measureRuns(components.slice(0, count)));
  print(costs);
} finally {
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
}

async function pushComponents(count: number, key: ReturnType<typeof createKeyPair>) {
  const target = createHttpTarget({ registry: registry.host });
  const components: { name: string; containerImage: string }[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = `image-${index}`;
    const repository = `bench/${name}`;
    const image = await pushImage(target, {
      repository,
      files: { "number.txt": String(index) },
      labels: sample?.image.config.Labels ?? { name, version: "1", vendor: "Example" },
    });
    await signImage(target, image, key, { format: "tag" });
    const named = `${registry.host}/${repository}`;
    await attestImage(target, image, toStatement(named, image.digest), key, { format: "tag" });
    components.push({ name, containerImage: `${named}@${image.digest}` });
  }
  return components;
}

/** The sample's provenance, or the demo's, of the image of this name. */
function toStatement(image: string, digest: Digest): Statement {
  if (sample === undefined) return createProvenance({ image, digest });
  const oldDigest: string = sample.image.ref.split("@sha256:")[1];
  const oldName: string = sample.attestations[0].statement.subject[0].name;
  return JSON.parse(
    toLoopback(
      JSON.stringify(sample.attestations[0].statement)
        .replaceAll(oldDigest, digest.slice("sha256:".length))
        .replaceAll(oldName, image),
    ),
  );
}

/** The registry that samples and rule data name is taken to be the one here: nothing else can be asked. */
function toLoopback(text: string): string {
  return text.replaceAll("quay.io/", `${registry.host}/`);
}

function toPolicy() {
  const data = join(folder, "data");
  mkdirSync(data);
  for (const name of readdirSync(values.data)) {
    writeFileSync(join(data, name), toLoopback(readFileSync(join(values.data, name), "utf8")));
  }
  const policy = resolve(values.policy);
  return {
    sources: [
      {
        policy: sample === undefined ? [policy] : [join(policy, "policy", "lib"), join(policy, "policy", "release")],
        data: [data],
        ...(values.collection === "" ? {} : { config: { include: [values.collection] } }),
      },
    ],
  };
}

async function measureRuns(components: readonly object[]): Promise<Cost> {
  const snapshot = join(folder, "snapshot.json");
  writeFileSync(snapshot, JSON.stringify({ application: "bench", components }));
  const runs: Measurement[] = [];
  let requests = 0;
  for (let run = 0; run < Number(values.runs); run += 1) {
    const before = registry.requestCount;
    runs.push(await measureRun(snapshot, components.length));
    requests = registry.requestCount - before;
    registry.forgetRequests();
  }
  return {
    wallSeconds: median(runs.map((run) => run.wallSeconds)),
    cpuSeconds: median(runs.map((run) => run.cpuSeconds)),
    peakMebibytes: median(runs.map((run) => run.peakMebibytes)),
    requestsPerComponent: requests / components.length,
  };
}

async function measureRun(snapshot: string, count: number): Promise<Measurement> {
  const report = join(folder, "report.json");
  const args = [
    "validate",
    "image",
    `--images=${snapshot}`,
    `--policy=${join(folder, "policy.json")}`,
    `--public-key=${join(folder, "key.pub")}`,
    "--ignore-rekor",
    "--show-successes",
    "--info",
    "--strict=false",
    "--timeout=60m",
    `--output=json=${report}`,
    `--workers=${values.workers}`,
  ];
  const command = [...values["node-option"], values.bundle, ...args];
  const run = await measure(process.execPath, command, { cwd: folder, env: { ...process.env, HOME: folder } });
  const decided = run.exitCode === 0 ? JSON.parse(readFileSync(report, "utf8")).components : [];
  const evaluated = decided.filter((component: { successes?: unknown[] }) => (component.successes ?? []).length > 3);
  if (evaluated.length !== count) {
    throw new Error(`${evaluated.length} of ${count} were evaluated (exit code ${run.exitCode}): ${run.stderr}`);
  }
  return run;
}

function print(costs: ReadonlyMap<number, Cost>): void {
  console.log(`Node ${process.version}, ${values.workers} workers, median of ${values.runs} runs`);
  for (const [count, cost] of costs) {
    console.log(
      `${count} components: wall ${cost.wallSeconds.toFixed(2)} s, CPU ${cost.cpuSeconds.toFixed(2)} s, ` +
        `peak ${cost.peakMebibytes.toFixed(0)} MiB, ${cost.requestsPerComponent.toFixed(1)} requests per component`,
    );
  }
  const [[, first] = [], [few = 0, low] = [], [many = 0, high] = []] = [...costs];
  if (first === undefined || low === undefined || high === undefined) return;
  const further = (high.cpuSeconds - low.cpuSeconds) / (many - few);
  console.log(`each further component: CPU ${(further * 1000).toFixed(0)} ms`);
  console.log(`memory: peak(${many}) is ${(high.peakMebibytes / low.peakMebibytes).toFixed(2)} × peak(${few})`);
}
