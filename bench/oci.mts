/**
 * What the layer cache costs: one large layer through the registry client and its cache, against the same download to a
 * file with the hash alone.
 *
 *   npm run bench:oci -- [--size 1073741824] [--runs 5] [--registry REGISTRY]
 *
 * The layer comes from the embedded registry, or from CNCF distribution where REGISTRY, its binary, is given; either runs
 * in a process of its own, and so does each download, which is bundled and keeps its space for new objects small as the
 * product does.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { findFreePort } from "../test/fixtures/free-port.ts";
import { median } from "./measure.mts";
import { type Downloaded, type DownloadWay, downloadWays, pushLayer } from "./oci-layer.mts";

const wanted = { ratio: 1.15, memoryMebibytes: 64, secondReaderMs: 50 } as const;

const { values } = parseArgs({
  options: {
    size: { type: "string", default: String(1024 ** 3) },
    runs: { type: "string", default: "5" },
    registry: { type: "string" },
  },
});
const size = Number(values.size);
const runs = Number(values.runs);
if (!Number.isSafeInteger(size) || size < 1 || !Number.isSafeInteger(runs) || runs < 1) {
  throw new Error("--size (bytes) and --runs are whole numbers from 1");
}

const folder = mkdtempSync(join(tmpdir(), "sealcheck-bench-oci-"));
const children: ChildProcess[] = [];
/** The sources are modules; package.json does not say so, because the bundle is none. */
const nodeArgs = ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"];
try {
  const program = await buildDownload();
  const host = values.registry === undefined ? await startEmbedded() : await startDistribution(values.registry);
  const digest = await pushLayer({ host, repository: "bench/layer", size });
  const downloads: Record<DownloadWay, Downloaded[]> = { file: [], client: [], cache: [] };
  // The first round warms up the disk and the registry, and does not count.
  for (let run = 0; run <= runs; run += 1) {
    for (const way of downloadWays) {
      const downloaded = await download(program, way, { host, digest });
      if (run > 0) downloads[way].push(downloaded);
    }
  }
  print(downloads);
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}

async function startEmbedded(): Promise<string> {
  const child = spawn(
    process.execPath,
    [...nodeArgs, join(import.meta.dirname, "oci-registry.mts"), join(folder, "registry")],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  children.push(child);
  return await new Promise((resolve, reject) => {
    child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8").trim()));
    child.once("exit", (code) => reject(new Error(`the registry ended with ${code}`)));
  });
}

async function startDistribution(binary: string): Promise<string> {
  const host = `127.0.0.1:${await findFreePort()}`;
  const configuration = join(folder, "registry.json");
  const settings = {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "registry") } },
    http: { addr: host },
  };
  writeFileSync(configuration, JSON.stringify(settings));
  const env = { ...process.env, OTEL_TRACES_EXPORTER: "none" };
  children.push(spawn(binary, ["serve", configuration], { stdio: "ignore", env }));
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined);
    if (answer?.ok) return host;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${binary} did not start`);
}

/** One file, as the product is: what loads the sources one by one would leave more garbage than a download. */
async function buildDownload(): Promise<string> {
  const outfile = join(folder, "download.mjs");
  await build({
    entryPoints: [join(import.meta.dirname, "oci-download.mts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return outfile;
}

/** One download in a process and a folder of its own. */
async function download(
  program: string,
  way: DownloadWay,
  layer: { host: string; digest: string },
): Promise<Downloaded> {
  const directory = mkdtempSync(join(folder, "download-"));
  const args = [program, way, layer.host, layer.digest, String(size), directory];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  rmSync(directory, { recursive: true, force: true });
  if (code !== 0) throw new Error(`the download (${way}) ended with ${code}`);
  return JSON.parse(Buffer.concat(output).toString("utf8"));
}

function print(downloads: Readonly<Record<DownloadWay, readonly Downloaded[]>>): void {
  const mebibytes = size / 1024 ** 2;
  const medianOf = (way: DownloadWay, pick: (one: Downloaded) => number | undefined) =>
    median(downloads[way].map(pick).filter((value) => value !== undefined));
  console.log(`${mebibytes.toFixed(0)} MiB, ${runs} runs, medians, from ${values.registry ?? "the embedded registry"}`);
  const names = { file: "file and hash", client: "client, no cache", cache: "client, cache" } as const;
  for (const way of downloadWays) {
    const ms = medianOf(way, (one) => one.ms);
    console.log(
      `${names[way].padEnd(17)} ${ms.toFixed(0).padStart(6)} ms  ${(mebibytes / (ms / 1000)).toFixed(0).padStart(5)} MiB/s  ` +
        `CPU ${medianOf(way, (one) => one.cpuMs).toFixed(0)} ms  ` +
        `peak ${medianOf(way, (one) => one.peakMebibytes).toFixed(0)} MiB, idle ${medianOf(way, (one) => one.idleMebibytes).toFixed(0)} MiB`,
    );
  }
  const ratios = downloads.cache.map((one, index) => one.ms / (downloads.file[index]?.ms ?? Number.NaN));
  const cpu = medianOf("cache", (one) => one.cpuMs) / medianOf("file", (one) => one.cpuMs);
  console.log(
    `       CPU, cache / file and hash: ${cpu.toFixed(2)} (steadier than the time on a machine that is busy)`,
  );
  const memory = medianOf("cache", (one) => one.peakMebibytes - one.idleMebibytes);
  const second = medianOf("cache", (one) => one.secondReaderMs);
  verdict(
    "time, cache / file and hash",
    median(ratios),
    wanted.ratio,
    ratios.map((ratio) => ratio.toFixed(2)).join(" "),
  );
  verdict("memory above idle, MiB", memory, wanted.memoryMebibytes);
  verdict("second reader's first byte after the first's, ms", second, wanted.secondReaderMs);
}

function verdict(name: string, value: number, limit: number, detail = ""): void {
  const isMet = value <= limit;
  console.log(
    `${isMet ? "ok    " : "MISSED"} ${name}: ${value.toFixed(2)} (wanted at most ${limit})  ${detail}`.trimEnd(),
  );
  if (!isMet) process.exitCode = 1;
}
