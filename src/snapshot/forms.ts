import type { Snapshot } from "../types/index.ts";

/** The flags that name components (PARITY 2.1), each as given. */
export interface SnapshotSources {
  /** A path, or the JSON or YAML text itself. */
  readonly images?: string;
  readonly filePath?: string;
  readonly jsonInput?: string;
  readonly image?: string;
}

export interface SnapshotPorts {
  /** The bytes of a file; throws where there is none, or where it has more than `maxBytes`. */
  readFile(path: string, maxBytes: number): Promise<Uint8Array>;
}

export interface SnapshotOptions {
  readonly allowEmpty: boolean;
}

/**
 * Reads and merges every source given, in the order images, filePath, jsonInput, image. Every component is kept.
 * Throws `SnapshotError`, code `SNAPSHOT_*`.
 */
export async function parseSnapshots(
  sources: SnapshotSources,
  ports: SnapshotPorts,
  options: SnapshotOptions,
): Promise<Snapshot> {
  throw new Error(`not written ${sources} ${ports} ${options}`);
}
