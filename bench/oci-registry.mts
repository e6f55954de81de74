/** The embedded registry over a folder, in a process of its own; prints its host. */
import { openDirectoryStore, startRegistry } from "../src/registry/index.ts";

const directory = process.argv[2];
if (directory === undefined) throw new Error("expected a folder");
const store = await openDirectoryStore(directory);
const registry = await startRegistry({ store, maxBlobBytes: 64 * 1024 ** 3 });
console.log(registry.host);
