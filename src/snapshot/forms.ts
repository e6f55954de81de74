import { parseDocument } from "yaml";
import type { Component, ComponentSource, GitSource, Snapshot } from "../types/index.ts";
import { isJsonObject, type Json, type JsonObject, toErrorMessage } from "../types/index.ts";
import { SnapshotError } from "./errors.ts";

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

/** Bytes of one source. */
const maxSnapshotBytes = 32 * 2 ** 20;
const maxComponents = 20_000;
/** Uses of an anchor, so that a small text cannot become a huge document. */
const maxAliases = 100;
/** Longest path that a value is tried as. */
const maxPathLength = 4096;
const maxExcerptLength = 120;

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

/** What came, for a message: bounded, on one line. */
function excerpt(text: string): string {
  return JSON.stringify(text.length > maxExcerptLength ? `${text.slice(0, maxExcerptLength)}...` : text);
}

function parseSnapshot(text: string, flag: string, path?: string): Snapshot {
  const from = path === undefined ? flag : `${flag} (${excerpt(path)})`;
  if (Buffer.byteLength(text) > maxSnapshotBytes) {
    throw new SnapshotError(`expected at most ${maxSnapshotBytes} bytes from ${from}, got more; split the snapshot`, {
      code: "SNAPSHOT_TOO_LARGE",
    });
  }
  const value = parseText(text, from);
  const root = value === null ? {} : value;
  if (!isJsonObject(root)) {
    throw unparsable(from, `a ${Array.isArray(root) ? "list" : typeof root}: ${excerpt(text)}`);
  }
  const spec = field(root, "spec");
  return toSnapshot(isJsonObject(spec) ? spec : root, from);
}

function parseText(text: string, from: string): Json {
  try {
    return text.trimStart().startsWith("{") ? parseFlow(text) : parseYaml(text);
  } catch (error) {
    const reason = toErrorMessage(error).split("\n")[0] ?? "";
    throw unparsable(from, `${excerpt(text)}: ${reason}`, error);
  }
}

/** JSON, or what YAML makes of the same braces. */
function parseFlow(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Not JSON: YAML's message is the one that a reader gets.
    return parseYaml(text);
  }
}

/** YAML whose scalars stay text: a commit `0012345e6` is no number. */
function parseYaml(text: string): Json {
  const document = parseDocument(text, { schema: "failsafe", customTags: ["null"], logLevel: "silent" });
  const [fault] = document.errors;
  if (fault !== undefined) {
    throw fault;
  }
  return document.toJS({ maxAliasCount: maxAliases }) as Json;
}

function unparsable(from: string, got: string, cause?: unknown): SnapshotError {
  return new SnapshotError(
    `unable to parse the Snapshot specification of ${from}: expected JSON or YAML with ` +
      `components: [{name, containerImage}], got ${got}`,
    { code: "SNAPSHOT_UNPARSABLE", subject: from, cause },
  );
}

/** A field by its name: exactly, else in any case, as Go reads JSON. */
function field(object: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(object, name)) {
    return object[name];
  }
  const key = Object.keys(object).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : object[key];
}

function textField(object: JsonObject, name: string, where: string): string {
  const value = field(object, name) ?? "";
  if (typeof value === "object") {
    throw unparsable(where, `${excerpt(JSON.stringify(value))} as ${name}, which has to be text`);
  }
  return String(value);
}

function toSnapshot(spec: JsonObject, from: string): Snapshot {
  const components = field(spec, "components") ?? [];
  if (!Array.isArray(components)) {
    throw unparsable(from, `${excerpt(JSON.stringify(components))} as components, which has to be a list`);
  }
  const displayName = textField(spec, "displayName", from);
  const displayDescription = textField(spec, "displayDescription", from);
  return {
    application: textField(spec, "application", from),
    ...(displayName === "" ? {} : { displayName }),
    ...(displayDescription === "" ? {} : { displayDescription }),
    components: components.map((item: Json, position) => toComponent(item, `${from}, component ${position}`)),
  };
}

function toComponent(item: Json, where: string): Component {
  if (!isJsonObject(item)) {
    throw unparsable(where, excerpt(JSON.stringify(item)));
  }
  const source = field(item, "source");
  return {
    name: textField(item, "name", where),
    containerImage: textField(item, "containerImage", where),
    source: isJsonObject(source) ? toSource(source, where) : {},
  };
}

const gitFields = ["url", "revision", "context", "devfileUrl", "dockerfileUrl"] as const;

function toSource(source: JsonObject, where: string): ComponentSource {
  const git = field(source, "git");
  if (!isJsonObject(git)) {
    return {};
  }
  const entries = gitFields.map((name) => [name, textField(git, name, where)] as const);
  const result: GitSource = Object.fromEntries(entries.filter(([, value]) => value !== ""));
  return { git: result };
}
