import { parseDocument } from "yaml";
import type { Component, ComponentSource, GitSource, Json, JsonObject, Snapshot } from "../types/index.ts";
import { isJsonObject, toErrorMessage } from "../types/index.ts";
import { SnapshotError } from "./errors.ts";

/** Bytes of one source. */
export const maxSnapshotBytes = 32 * 2 ** 20;
/** Uses of an anchor, so that a small text cannot become a huge document. */
const maxAliases = 100;
const maxExcerptLength = 120;

/** What came, for a message: bounded, on one line. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > maxExcerptLength ? `${text.slice(0, maxExcerptLength)}...` : text);
}

/**
 * One text, JSON or YAML, as a snapshot: a resource with a `spec`, or the bare specification (PARITY 2.1). `flag` and
 * `path` say where it came from. Throws `SnapshotError`.
 */
export function parseSnapshot(text: string, flag: string, path?: string): Snapshot {
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
  const document = parseDocument(text, { schema: "failsafe", customTags: ["null"], logLevel: "error" });
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
