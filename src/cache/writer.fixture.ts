// Run as a process of its own by torture tests: reads blobs through a store and says how far it is.
import { createHash } from "node:crypto";
import { setImmediate as pause } from "node:timers/promises";
import { type Digest, silentLog } from "../types/index.ts";
import { createContentStore } from "./directory-store.ts";
import { toBlob } from "./numbered-blob.fixture.ts";

async function* slowly(blob: Buffer): AsyncGenerator<Uint8Array> {
  process.send?.("asked");
  for (let offset = 0; offset < blob.length; offset += 16_384) {
    await pause();
    yield blob.subarray(offset, offset + 16_384);
  }
}

async function readThrough(directory: string, numbers: readonly number[], bytes: number): Promise<void> {
  const store = createContentStore({ directory, maxBytes: 1e9, log: silentLog });
  await Promise.all(
    numbers.map(async (number) => {
      const blob = toBlob(number, bytes);
      const digest = `sha256:${createHash("sha256").update(blob).digest("hex")}` as Digest;
      const hash = createHash("sha256");
      const stream = (await store.get(digest, "scope")) ?? store.tee(digest, "scope", () => slowly(blob));
      for await (const piece of stream) {
        hash.update(piece);
        process.send?.("piece");
      }
      if (`sha256:${hash.digest("hex")}` !== digest) process.send?.("wrong");
    }),
  );
  await store.close();
  // What was not sent yet is lost by the disconnection.
  await new Promise((resolve) => process.send?.("done", resolve));
}

const [directory = "", numbers = "[]", bytes = "0"] = process.argv.slice(2);
await readThrough(directory, JSON.parse(numbers) as number[], Number(bytes));
process.disconnect();
