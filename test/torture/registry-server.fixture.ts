// A process of the registry's torture: the embedded registry over a folder; prints its host, and is killed.
import { openDirectoryStore, startRegistry } from "../../src/registry/index.ts";

const store = await openDirectoryStore(process.argv[2] ?? "");
console.log((await startRegistry({ store })).host);
