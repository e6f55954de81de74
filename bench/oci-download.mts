/**
 * One download in a process of its own: `node oci-download.mts file|client|cache HOST DIGEST SIZE FOLDER`. Prints what it
 * took as JSON.
 */
import { createHash } from "node:crypto";
import { createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { request } from "undici";
import { createContentStore } from "../src/cache/index.ts";
import { createRegistryClient, parseReference } from "../src/oci/index.ts";
import { parseDigest, silentLog } from "../src/types/index.ts";
import { type Downloaded, type DownloadWay, downloadWays } from "./oci-layer.mts";

interface Layer {
  host: string;
  digest: string;
  size: number;
  directory: string;
}

const repository = "bench/layer";
const signal = new AbortController().signal;

/** As fast as Node does it: the file is written while the next piece comes. */
async function writeAll(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  await pipeline(pieces, createWriteStream(path, { highWaterMark: 1024 * 1024 }));
}

async function downloadToFile({ host, digest, directory }: Layer): Promise<void> {
  const { body, statusCode } = await request(`http://${host}/v2/${repository}/blobs/${digest}`);
  if (statusCode !== 200) throw new Error(`answer ${statusCode}`);
  const hash = createHash("sha256");
  async function* hashed() {
    for await (const piece of body) {
      hash.update(piece);
      yield piece;
    }
  }
  await writeAll(join(directory, "layer"), hashed());
  if (`sha256:${hash.digest("hex")}` !== digest) throw new Error("wrong digest");
}

function createClient(layer: Layer, hasCache: boolean) {
  const maxBytes = 64 * 1024 ** 3;
  const store = createContentStore({ directory: join(layer.directory, "cache"), maxBytes, log: silentLog });
  return createRegistryClient({
    credentials: { find: async () => undefined },
    log: silentLog,
    insecureRegistries: [],
    retry: { maxRetries: 0, baseMs: 1, maxWaitMs: 1, factor: 1, jitter: 0 },
    requestTimeoutMs: 60_000,
    pull: "if-newer",
    offline: false,
    proxy: {},
    ...(hasCache ? { store } : {}),
  });
}

async function openLayer(client: ReturnType<typeof createClient>, { host, digest, size }: Layer) {
  const parsed = parseDigest(digest);
  if (parsed === undefined) throw new Error(`${digest} is no digest`);
  return await client.openBlob(
    parseReference(`${host}/${repository}`),
    { digest: parsed, size },
    { maxBytes: size, signal },
  );
}

/** Reads through the cache; a second reader comes with the first one's first byte, and stays for one piece. */
async function readThroughCache(client: ReturnType<typeof createClient>, layer: Layer): Promise<number> {
  let length = 0;
  let second: Promise<number> | undefined;
  for await (const piece of await openLayer(client, layer)) {
    second ??= readFirstPiece(client, layer);
    length += piece.length;
  }
  if (length !== layer.size) throw new Error(`${length} bytes`);
  return (await second) ?? Number.NaN;
}

async function readFirstPiece(client: ReturnType<typeof createClient>, layer: Layer): Promise<number> {
  const startedAt = performance.now();
  for await (const _ of await openLayer(client, layer)) break;
  return performance.now() - startedAt;
}

/** The peak of resident memory from now on: the kernel's on Linux, samples elsewhere. */
function watchMemory(): () => number {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
    return () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
  } catch {
    let peak = 0;
    const sample = () => {
      peak = Math.max(peak, process.memoryUsage.rss());
    };
    setInterval(sample, 5).unref();
    return () => {
      sample();
      return peak;
    };
  }
}

async function measureDownload(way: DownloadWay, layer: Layer): Promise<Downloaded> {
  const client = createClient(layer, way === "cache");
  // Everything is loaded and connected once before anything counts: a blob that nobody has.
  const nothing = { ...layer, digest: `sha256:${"0".repeat(64)}`, size: 1 };
  if (way === "file") await (await request(`http://${layer.host}/v2/`)).body.dump();
  else await readFirstPiece(client, nothing).catch(() => undefined);
  const idle = process.memoryUsage.rss();
  const readPeak = watchMemory();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  let secondReaderMs: number | undefined;
  if (way === "file") await downloadToFile(layer);
  else if (way === "client") await writeAll(join(layer.directory, "layer"), await openLayer(client, layer));
  else secondReaderMs = await readThroughCache(client, layer);
  await client.close();
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  return {
    ms,
    cpuMs: (user + system) / 1000,
    idleMebibytes: idle / 1024 ** 2,
    peakMebibytes: readPeak() / 1024 ** 2,
    ...(secondReaderMs === undefined ? {} : { secondReaderMs }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [way, host = "", digest = "", size, directory = ""] = process.argv.slice(2);
  const known = downloadWays.find((name) => name === way);
  // As in the product. Its other limit is a part of what is alive, which is next to nothing here: V8 would look for garbage
  // among old objects with every few MiB that come.
  setFlagsFromString("--semi-space-growth-factor=1");
  if (known === undefined) throw new Error(`expected one of ${downloadWays.join(", ")}, got ${way}`);
  console.log(JSON.stringify(await measureDownload(known, { host, digest, size: Number(size), directory })));
  process.exit(0);
}
