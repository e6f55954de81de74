// A process of the cache's torture: its readers read layers through the store and compare every byte. It kills itself at
// the step that it is told. What is wrong is written to a file at once: a killed process sends no message.
import { appendFileSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { type ContentStore, createContentStore } from "../../src/cache/index.ts";
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
  /** What was read wrong, line by line. */
  complaints: string;
}

/** The registry's side: slow, in pieces of all sizes. */
async function* download({ bytes }: TestLayer, random: Random): AsyncGenerator<Uint8Array> {
  const size = 1000 + pick(random, 200_000);
  for (let offset = 0; offset < bytes.length; offset += size) {
    await turn();
    yield bytes.subarray(offset, offset + size);
  }
}

async function open(store: ContentStore, layer: TestLayer, random: Random): Promise<AsyncIterable<Uint8Array>> {
  const scope = pick(random, 4) === 0 ? "somebody" : "everybody";
  if (pick(random, 8) === 0) {
    const whole = await store.readAll(layer.digest, scope, layer.bytes.length);
    if (whole) return pieces(whole);
  }
  const isAllowed = pick(random, 2) === 0;
  const found = pick(random, 2) === 0 ? await store.get(layer.digest, scope) : undefined;
  return (
    found ??
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

async function readOne(store: ContentStore, layer: TestLayer, random: Random, step: () => void): Promise<void> {
  const pause = pick(random, 3);
  const leavesAt = pick(random, 6) === 0 ? pick(random, layer.bytes.length + 1) : Number.POSITIVE_INFINITY;
  let position = 0;
  for await (const piece of await open(store, layer, random)) {
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

async function run({ directory, maxBytes, readers, seed, room, fatalStep, complaints }: ReadersOptions): Promise<void> {
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
      await readOne(store, layer, random, step).catch((thrown: unknown) => {
        appendFileSync(complaints, `seed ${seed}, reader ${number}, ${layer.digest}: ${String(thrown)}\n`);
      });
    }
  };
  await Promise.all(Array.from({ length: readers }, (_, number) => read(number)));
  await store.close();
  process.send?.(store.statistics());
  process.disconnect();
}

await run(JSON.parse(process.argv[2] ?? "{}") as ReadersOptions);
