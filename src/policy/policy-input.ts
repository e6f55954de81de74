import {
  type ComponentSource,
  isJsonObject,
  type Json,
  type JsonObject,
  type SignatureEntry,
  type Snapshot,
} from "../types/index.ts";
import { compactJson, escapeHtmlInJson } from "./compact-json.ts";
import { compareTexts } from "./result-order.ts";
import type { PolicySource, PolicySpec } from "./spec.ts";

/** A verified attestation as the policy sees it. */
export interface InputAttestation {
  /** The signed payload: JSON, as it was signed. */
  statementText: string;
  signatures: readonly SignatureEntry[];
}

export interface InputImage {
  /** Pinned: `repository@sha256:...`. */
  ref: string;
  signatures: readonly SignatureEntry[];
  /** The `config` member of the image's configuration file; absent where it could not be fetched. */
  config?: JsonObject;
  parent?: { /** `name@digest`, a tag kept. */ ref: string; config?: JsonObject };
  /** Manifests of an operator bundle, by path. */
  files?: Readonly<Record<string, Json>>;
  source: ComponentSource;
}

export interface PolicyInputParts {
  attestations: readonly InputAttestation[];
  image: InputImage;
  /** Expanded: indexes' children are components of their own. */
  snapshot: Snapshot;
  componentName: string;
  policySpec: PolicySpec;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

/** The given fields of an object in their order, without those that are empty. */
function pick(value: object, keys: readonly string[]): Record<string, unknown> {
  const record = value as Record<string, unknown>;
  return Object.fromEntries(keys.filter((key) => !isEmpty(record[key])).map((key) => [key, record[key]]));
}

/** The same value with the keys of all its objects sorted, as Go writes maps. */
function sortKeys(value: Json): Json {
  if (Array.isArray(value)) {
    return value.map(sortKeys);
  }
  if (!isJsonObject(value)) {
    return value;
  }
  const entries = Object.entries(value).sort(([a], [b]) => compareTexts(a, b));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}

/** Members of an image's configuration that are maps; the others keep the order of their fields. */
const configMaps: ReadonlySet<string> = new Set(["Labels", "Volumes", "ExposedPorts"]);

function toConfig(config: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, configMaps.has(key) ? sortKeys(value) : value]),
  );
}

function toSignature(entry: SignatureEntry): Record<string, unknown> {
  const metadata = entry.metadata ?? {};
  return {
    keyid: entry.keyid,
    sig: entry.sig,
    ...pick(entry, ["certificate", "chain"]),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata: sortKeys(metadata) }),
  };
}

function toAttestation({ statementText, signatures }: InputAttestation): string {
  const list = signatures.length === 0 ? "" : `,"signatures":${JSON.stringify(signatures.map(toSignature))}`;
  return `{"statement":${compactJson(statementText)}${list}}`;
}

function toImage(image: InputImage): Record<string, unknown> {
  const { parent, files = {} } = image;
  return {
    ref: image.ref,
    ...(image.signatures.length === 0 ? {} : { signatures: image.signatures.map(toSignature) }),
    ...(image.config === undefined ? {} : { config: toConfig(image.config) }),
    ...(parent === undefined ? {} : { parent: toParent(parent) }),
    ...(Object.keys(files).length === 0 ? {} : { files: sortKeys(files) }),
    source: toComponentSource(image.source),
  };
}

function toParent({ ref, config }: NonNullable<InputImage["parent"]>): Record<string, unknown> {
  return { ref, ...(config === undefined ? {} : { config: toConfig(config) }) };
}

function toComponentSource({ git }: ComponentSource): Record<string, unknown> {
  const fields = ["url", "revision", "context", "devfileUrl", "dockerfileUrl"];
  return git === undefined ? {} : { git: pick(git, fields) };
}

function toSnapshot(snapshot: Snapshot): Record<string, unknown> {
  const components = snapshot.components.map(({ name, containerImage, source }) => ({
    name,
    containerImage,
    source: toComponentSource(source),
  }));
  return {
    application: snapshot.application,
    ...pick(snapshot, ["displayName", "displayDescription"]),
    ...(components.length === 0 ? {} : { components }),
    artifacts: {},
  };
}

const volatileFields = [
  "value",
  "effectiveOn",
  "effectiveUntil",
  "imageRef",
  "imageDigest",
  "imageUrl",
  "componentNames",
  "reference",
];

function toVolatile(config: NonNullable<PolicySource["volatileConfig"]>): Record<string, unknown> {
  const lists = Object.entries(pick(config, ["exclude", "include"])) as [string, readonly object[]][];
  return Object.fromEntries(lists.map(([key, list]) => [key, list.map((entry) => pick(entry, volatileFields))]));
}

function toSource(source: PolicySource): Record<string, unknown> {
  const { config, volatileConfig, ruleData } = source;
  return {
    ...pick(source, ["name", "policy", "data"]),
    ...(ruleData === undefined ? {} : { ruleData: sortKeys(ruleData) }),
    ...(config === undefined ? {} : { config: pick(config, ["exclude", "include"]) }),
    ...(volatileConfig === undefined ? {} : { volatileConfig: toVolatile(volatileConfig) }),
  };
}

function toSpec(spec: PolicySpec): Record<string, unknown> {
  const { sources = [], configuration, identity } = spec;
  return {
    ...pick(spec, ["name", "description"]),
    ...(sources.length === 0 ? {} : { sources: sources.map(toSource) }),
    ...(configuration === undefined
      ? {}
      : { configuration: pick(configuration, ["exclude", "include", "collections"]) }),
    ...pick(spec, ["rekorUrl", "publicKey"]),
    ...(identity === undefined
      ? {}
      : { identity: pick(identity, ["subject", "subjectRegExp", "issuer", "issuerRegExp"]) }),
  };
}

/**
 * The policy input: the JSON that policies see as `input`. Statements keep the order of their keys and the spelling of
 * their numbers; blanks between tokens are dropped.
 *
 * @throws {PolicyError} `evaluation-failed` where a statement is no JSON
 */
export function buildPolicyInput(parts: PolicyInputParts): string {
  const { attestations, image, snapshot, componentName, policySpec } = parts;
  const members = [
    `"attestations":[${attestations.map(toAttestation).join(",")}]`,
    `"image":${JSON.stringify(toImage(image))}`,
    `"snapshot":${JSON.stringify(toSnapshot(snapshot))}`,
    ...(componentName === "" ? [] : [`"component_name":${JSON.stringify(componentName)}`]),
    `"policy_spec":${JSON.stringify(toSpec(policySpec))}`,
  ];
  return escapeHtmlInJson(`{${members.join(",")}}`);
}
