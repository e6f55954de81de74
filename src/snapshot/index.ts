export { SnapshotError, type SnapshotErrorCode } from "./errors.ts";
export type { ExpandedComponent, ExpandedSnapshot, MissingChild } from "./expanded-snapshot.ts";
export { type ExpansionOptions, expandIndexes } from "./expansion.ts";
export { parseSnapshots, type SnapshotOptions, type SnapshotPorts, type SnapshotSources } from "./forms.ts";
export type { IndexReader, ResolvedImage } from "./index-reader.ts";
export { parseShard, type Shard, shard } from "./shard.ts";
