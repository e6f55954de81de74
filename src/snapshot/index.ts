export { SnapshotError, type SnapshotErrorCode } from "./errors.ts";
export {
  type ExpandedComponent,
  type ExpandedSnapshot,
  type ExpansionOptions,
  expandIndexes,
  type IndexReader,
  type MissingChild,
  type ResolvedImage,
} from "./expansion.ts";
export { parseSnapshots, type SnapshotOptions, type SnapshotPorts, type SnapshotSources } from "./forms.ts";
export { parseShard, type Shard, shard } from "./shard.ts";
