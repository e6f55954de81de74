// A process of the cache's torture: its readers read layers through the store and compare every byte. It kills itself at
// the step that it is told. What is wrong is written to a file at once: a killed process sends no message.
import { appendFileSync } from "node:fs";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { type ByteStream, type CacheStatistics, type ContentStore, createContentStore } from "../../src/cache/index.ts";
import { silentLog } from "../../src/types/index.ts";
import { createRandom, pick, type Random } from "./extent.ts";
import { createFailingDisk } from "./failing-disk.fixture.ts";
import { createLayers, type TestLayer } from "./layers.fixture.ts";

export interface ReadersOptions {
  directory: string;
  maxBytes: number;
  readers: number;
  seed: number;
  room: number | null;
  /** The step at which the process kills itself; null is never. */
  fatalStep: number | null;
  /** Everybody may read everything and reads it to the end, and what is read has to stay where it is. */
  isCalm: boolean;
  /** What was read wrong, line by line. */
  complaints: string;
}

/** What a process did, by its end. */
export interface ReadersEnd {
  statistics: CacheStatistics;
  /** How often it asked the registry, by digest. */
  downloads: Readonly<Record<string, number>>;
}

const downloads: Record<string, number> = {};

/** The registry's side: slow, in pieces of all sizes. */
async function* download({ digest, bytes }: TestLayer, random: Random): AsyncGenerator<Uint8Array> {
  downloads[digest] = (downloads[digest] ?? 0) + 1;
  const size = 1000 + pick(random, 200_000);
  for (let offset = 0; offset < bytes.length; offset += size) {
    await turn();
    yield bytes.subarray(offset, offset + size);
  }
}

interface Plan {
  random: Random;
  isCalm: boolean;
  step(): void;
}

async function open(
  store: ContentStore,
  layer: TestLayer,
  { random, isCalm }: Plan,
): Promise<AsyncIterable<Uint8Array>> {
  const scope = pick(random, 4) === 0 ? "somebody" : "everybody";
  if (pick(random, 8) === 0) {
    const whole = await store.readAll(layer.digest, scope, layer.bytes.length);
    if (whole) return pieces(whole);
  }
  const isAllowed = isCalm || pick(random, 2) === 0;
  const found = pick(random, 2) === 0 ? await store.get(layer.digest, scope) : undefined;
  return (
    (found && isCalm && layer.bytes.length > smallBytes ? stays(store, layer, found) : found) ??
    store.tee(layer.digest, scope, () => download(layer, random), {
      confirm: async () => {
        await turn();
        return isAllowed;
      },
    })
  );
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Content of so many bytes is read in one piece, and then not in use. */
const smallBytes = 256 * 1024;

/** Finished content that is there as long as it is read. Who makes room may have put it aside for a moment. */
async function* stays(store: ContentStore, { digest }: TestLayer, stream: ByteStream): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    for (let looks = 0; !(await store.has(digest)); looks += 1) {
      if (looks === 200) throw new Error("removed while it was read");
      await sleep(5);
    }
    yield piece;
  }
}

async function readOne(store: ContentStore, layer: TestLayer, plan: Plan): Promise<void> {
  const { random, isCalm, step } = plan;
  const pause = pick(random, 3);
  const leavesAt = !isCalm && pick(random, 6) === 0 ? pick(random, layer.bytes.length + 1) : Number.POSITIVE_INFINITY;
  let position = 0;
  for await (const piece of await open(store, layer, plan)) {
    if (!layer.bytes.subarray(position, position + piece.length).equals(piece)) {
      throw new Error(`wrong bytes after ${position}`);
    }
    position += piece.length;
    step();
    if (position >= leavesAt) return;
    for (let turns = 0; turns < pause; turns += 1) await turn();
  }
  if (position !== layer.bytes.length) throw new Error(`${position} of ${layer.bytes.length} bytes`);
}

async function run(options: ReadersOptions): Promise<void> {
  const { directory, maxBytes, readers, seed, room, fatalStep, isCalm, complaints } = options;
  let steps = 0;
  const step = () => {
    steps += 1;
    if (steps === fatalStep) process.kill(process.pid, "SIGKILL");
  };
  const files = createFailingDisk({ room, onStep: step });
  const store = createContentStore({ directory, maxBytes, log: silentLog, files });
  const layers = createLayers();
  const read = async (number: number) => {
    const random = createRandom(seed * 1000 + number);
    for (let count = 0; count < 3; count += 1) {
      const layer = layers[(number + count * (1 + pick(random, layers.length))) % layers.length] as TestLayer;
      await readOne(store, layer, { random, isCalm, step }).catch((thrown: unknown) => {
        appendFileSync(complaints, `seed ${seed}, reader ${number}, ${layer.digest}: ${String(thrown)}\n`);
      });
    }
  };
  await Promise.all(Array.from({ length: readers }, (_, number) => read(number)));
  await store.close();
  const end: ReadersEnd = { statistics: store.statistics(), downloads };
  // What was not sent yet is lost by the disconnection.
  await new Promise((resolve) => process.send?.(end, resolve));
  process.disconnect();
}

await run(JSON.parse(process.argv[2] ?? "{}") as ReadersOptions);
