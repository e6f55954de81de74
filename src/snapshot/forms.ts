import { type Snapshot, toErrorMessage } from "../types/index.ts";
import { SnapshotError } from "./errors.ts";
import { excerpt, maxSnapshotBytes, parseSnapshot } from "./snapshot-text.ts";

/** The flags that name components (PARITY 2.1), each as given. */
export interface SnapshotSources {
  /** A path, or the JSON or YAML text itself. */
  readonly images?: string;
  readonly filePath?: string;
  readonly jsonInput?: string;
  readonly image?: string;
}

export interface SnapshotPorts {
  /** The bytes of a file; rejects where there is none, or where it has more than `maxBytes`. */
  readFile(path: string, options: { maxBytes: number; signal?: AbortSignal }): Promise<Uint8Array>;
}

export interface SnapshotOptions {
  /** Whether no components at all is a snapshot too. */
  readonly allowEmpty: boolean;
  readonly signal?: AbortSignal;
}

const maxComponents = 20_000;
/** Longest path that a value is tried as. */
const maxPathLength = 4096;

/**
 * Reads and merges every source given, in the order images, filePath, jsonInput, image (PARITY 2.2). Every component is
 * kept, also those that name the same image. Throws `SnapshotError`, code `SNAPSHOT_*`.
 */
export async function parseSnapshots(
  sources: SnapshotSources,
  ports: SnapshotPorts,
  options: SnapshotOptions,
): Promise<Snapshot> {
  const parts: Snapshot[] = [];
  if (isGiven(sources.images)) {
    parts.push(await readImages(sources.images, ports, options));
  }
  if (isGiven(sources.filePath)) {
    parts.push(parseSnapshot(await readText(sources.filePath, ports, options), "--file-path", sources.filePath));
  }
  if (isGiven(sources.jsonInput)) {
    parts.push(parseSnapshot(sources.jsonInput, "--json-input"));
  }
  if (isGiven(sources.image)) {
    parts.push({ application: "", components: [{ name: "Unnamed", containerImage: sources.image, source: {} }] });
  }
  if (parts.length === 0) {
    throw new SnapshotError("expected an image or a snapshot, got neither; pass --image=REF or --images=FILE", {
      code: "SNAPSHOT_NOT_GIVEN",
    });
  }
  return assertBounds(mergeSnapshots(parts), options);
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}

function assertBounds(snapshot: Snapshot, options: SnapshotOptions): Snapshot {
  if (snapshot.components.length === 0 && !options.allowEmpty) {
    throw new SnapshotError(
      "expected a snapshot with components, got one without any; " +
        "pass --allow-empty where nothing to validate is fine (the result is SKIPPED)",
      { code: "SNAPSHOT_EMPTY" },
    );
  }
  if (snapshot.components.length > maxComponents) {
    throw new SnapshotError(
      `expected at most ${maxComponents} components, got ${snapshot.components.length}; split the snapshot`,
      { code: "SNAPSHOT_TOO_LARGE" },
    );
  }
  return snapshot;
}

/** The first text that says something wins; components are put one after the other. */
function mergeSnapshots(parts: readonly Snapshot[]): Snapshot {
  const displayName = parts.map((part) => part.displayName).find(isGiven);
  const displayDescription = parts.map((part) => part.displayDescription).find(isGiven);
  return {
    application: parts.map((part) => part.application).find(isGiven) ?? "",
    ...(displayName === undefined ? {} : { displayName }),
    ...(displayDescription === undefined ? {} : { displayDescription }),
    components: parts.flatMap((part) => part.components),
  };
}

async function readText(path: string, ports: SnapshotPorts, options: SnapshotOptions): Promise<string> {
  try {
    const request = { maxBytes: maxSnapshotBytes, ...(options.signal === undefined ? {} : { signal: options.signal }) };
    return new TextDecoder().decode(await ports.readFile(path, request));
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new SnapshotError(
      `expected a snapshot file of at most ${maxSnapshotBytes} bytes, could not read ${excerpt(path)}: ` +
        `${toErrorMessage(error)}; check the path`,
      { code: "SNAPSHOT_UNREADABLE", subject: excerpt(path), cause: error },
    );
  }
}

/** A path if there is such a file, else text. */
async function readImages(value: string, ports: SnapshotPorts, options: SnapshotOptions): Promise<Snapshot> {
  if (value.length > maxPathLength || /[\n\0]/.test(value) || /^\s*[{[]/.test(value)) {
    return parseSnapshot(value, "--images");
  }
  let text: string;
  try {
    text = await readText(value, ports, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    return parseTextInsteadOfFile(value, error);
  }
  return parseSnapshot(text, "--images", value);
}

/** What is no file may be text; where it is neither, the message tells both. */
function parseTextInsteadOfFile(value: string, fileError: unknown): Snapshot {
  try {
    return parseSnapshot(value, "--images");
  } catch (error) {
    if (!(error instanceof SnapshotError)) {
      throw error;
    }
    throw new SnapshotError(
      `expected a file or the text of a snapshot; as a file: ${toErrorMessage(fileError)}; as text: ${error.message}`,
      { code: error.code, cause: fileError },
    );
  }
}
