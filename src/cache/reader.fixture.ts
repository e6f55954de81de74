// Run as a process of its own: reads the first piece of some content, and the rest when it is told.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type Digest, silentLog } from "../types/index.ts";
import { createContentStore } from "./directory-store.ts";

const [directory = "", digest = ""] = process.argv.slice(2);
const store = createContentStore({ directory, maxBytes: 1e9, log: silentLog });
const stream = (await store.get(digest as Digest, "scope"))?.[Symbol.asyncIterator]();
const hash = createHash("sha256");
const told = once(process, "message");
const first = await stream?.next();
hash.update(first?.value as Uint8Array);
process.send?.("reading");
await told;
for await (const piece of { [Symbol.asyncIterator]: () => stream as AsyncIterator<Uint8Array> }) hash.update(piece);
await store.close();
// What was not sent yet is lost by the disconnection.
const end = `sha256:${hash.digest("hex")}` === digest ? "right" : "wrong";
await new Promise((resolve) => process.send?.(end, resolve));
process.disconnect();
