import type { Json, ResultMetadata } from "../types/index.ts";
import type { RawResult } from "./collect-results.ts";
import type { Matchable } from "./criteria-score.ts";
import { parseUtcTime } from "./rfc3339.ts";
import type { RuleInfo } from "./rule-info.ts";

/** A result on its way, with what the later steps ask of it. */
export interface WorkingResult extends RawResult {
  /** Empty where it has none. */
  code: string;
  /** Out of the rule's annotations only. */
  dependsOn: readonly string[];
}

const day = 24n * 3600n * 1_000_000_000n;
/** For how long after it came into effect a result shows its date. */
const shownForNs = 90n * day;

function textsOf(value: Json | undefined): string[] {
  const list: readonly Json[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.filter((item) => typeof item === "string").filter((item) => item !== "");
}

/** What entries are compared with: code, terms, collections. */
export function toMatchable({ code, metadata }: WorkingResult): Matchable {
  const collections = code === "" ? [] : (metadata.collections ?? []);
  return { code, terms: textsOf(metadata.term as Json | undefined), collections };
}

/** Annotations win over what a rule put into its result. */
function addAnnotations(metadata: ResultMetadata, info: RuleInfo): void {
  const texts = {
    title: info.title,
    effective_on: info.effectiveOn,
    description: info.description,
    solution: info.solution,
  };
  for (const [key, text] of Object.entries(texts)) {
    if (text !== "") {
      metadata[key] = text;
    }
  }
  if (info.collections.length > 0) {
    metadata.collections = info.collections;
  }
  if (info.dependsOn.length > 0) {
    metadata.depends_on = info.dependsOn;
  }
}

function normalizeCollections(metadata: ResultMetadata): void {
  const value = metadata.collections as Json | undefined;
  if (Array.isArray(value)) {
    metadata.collections = value.map((item: Json) => (typeof item === "string" ? item : JSON.stringify(item)));
  } else {
    delete metadata.collections;
  }
}

function dropOldDate(metadata: ResultMetadata, timeNs: bigint, notes: Set<string>): void {
  const text = metadata.effective_on as Json | undefined;
  if (typeof text !== "string") {
    return;
  }
  const ns = parseUtcTime(text);
  if (ns === undefined) {
    notes.add(`Invalid "effective_on" value ${JSON.stringify(text)}: expected UTC with Z, as in 2026-01-31T00:00:00Z`);
  } else if (ns < timeNs - shownForNs) {
    delete metadata.effective_on;
  }
}

/** Completes a result with its rule's annotations, and drops a date that has long been in effect. */
export function augmentResult(
  raw: RawResult,
  infos: ReadonlyMap<string, RuleInfo>,
  timeNs: bigint,
  notes: Set<string>,
): WorkingResult {
  const metadata: ResultMetadata = { ...raw.metadata };
  if (typeof (metadata.code as Json | undefined) !== "string" || metadata.code === undefined) {
    return { ...raw, metadata, code: "", dependsOn: [] };
  }
  const info = infos.get(metadata.code);
  normalizeCollections(metadata);
  if (info !== undefined) {
    addAnnotations(metadata, info);
  }
  dropOldDate(metadata, timeNs, notes);
  return { ...raw, metadata, code: metadata.code, dependsOn: info?.dependsOn ?? [] };
}
