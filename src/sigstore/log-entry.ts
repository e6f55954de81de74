import type { TransparencyLogEntry } from "@sigstore/bundle";
import { verifyTLogInclusion } from "@sigstore/verify/dist/tlog/index.js";
import { isJsonObject } from "../types/index.ts";
import { assertEntryIsAbout, type Verifier } from "./log-body.ts";
import { attempt, Refusal } from "./refusal.ts";
import type { SignedContent } from "./signed-content.ts";
import type { TrustMaterial } from "./trust-root.ts";

/** Most log entries of one signature. */
export const maxLogEntries = 32;

const maxAnnotationLength = 8 * 1024 * 1024;

/** What an entry that verified tells. */
export interface LogProof {
  /** When the log took the entry; only Rekor v1 promises a time. */
  readonly integratedTime: Date | undefined;
  /** Whether the log's key was in use at some time. */
  readonly validAt: (time: Date) => boolean;
}

/** The entry in cosign's annotation `dev.sigstore.cosign/bundle`. Throws `Refusal`. */
export function parseBundleAnnotation(text: string): TransparencyLogEntry {
  if (text.length > maxAnnotationLength) throw new Refusal("the log entry's annotation is too long");
  const parsed = attempt((): unknown => JSON.parse(text));
  const bundle = "value" in parsed && isJsonObject(parsed.value) ? parsed.value : {};
  const { SignedEntryTimestamp: promise, Payload: payload } = bundle;
  if (typeof promise !== "string" || !isJsonObject(payload) || typeof payload.body !== "string") {
    throw new Refusal("the annotation with the log entry is damaged");
  }
  const { logID: logId, logIndex, integratedTime, body } = payload;
  if (typeof logId !== "string" || !Number.isSafeInteger(logIndex) || !Number.isSafeInteger(integratedTime)) {
    throw new Refusal("the annotation with the log entry lacks the log's id, an index or a time");
  }
  const canonicalizedBody = Buffer.from(body, "base64");
  const inner = attempt((): unknown => JSON.parse(canonicalizedBody.toString("utf8")));
  const { kind, apiVersion } = "value" in inner && isJsonObject(inner.value) ? inner.value : {};
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(logId, "hex") },
    kindVersion: { kind: String(kind), version: String(apiVersion) },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp: Buffer.from(promise, "base64") },
    inclusionProof: undefined,
    canonicalizedBody,
  };
}

/**
 * Proves that the signature is in a log that is trusted. Entries of unknown logs say nothing and are passed over; one of
 * a known log that is not about this signature, or that does not verify, refuses the candidate. Throws `Refusal`.
 */
export function verifyLogEntries(
  entries: readonly TransparencyLogEntry[],
  options: { content: SignedContent; verifier: Verifier; trust: TrustMaterial },
): readonly LogProof[] {
  const { content, verifier, trust } = options;
  if (entries.length === 0) throw new Refusal("it comes without an entry of a transparency log, and one is required");
  if (entries.length > maxLogEntries)
    throw new Refusal(`${entries.length} log entries; at most ${maxLogEntries} are read`);
  const known = entries.filter((entry) => logsOf(entry, trust).length > 0);
  if (known.length === 0) throw new Refusal("its entry is in a transparency log that is not trusted");
  return known.map((entry) => {
    const { kind, version } = entry.kindVersion;
    assertEntryIsAbout({ kind, version, body: entry.canonicalizedBody }, content, verifier);
    return verifyInclusion(entry, trust);
  });
}

/** The signed entry timestamp (Rekor v1), the inclusion proof with its checkpoint, or both: what is there must verify. */
function verifyInclusion(entry: TransparencyLogEntry, trust: TrustMaterial): LogProof {
  if (!/^\d+$/.test(entry.logIndex)) throw new Refusal("its log entry has no valid index");
  const logs = logsOf(entry, trust);
  const result = attempt(() => verifyTLogInclusion(entry, [...logs]));
  if ("reason" in result) throw new Refusal(`its log entry does not verify: ${result.reason}`);
  const promised = entry.inclusionPromise !== undefined;
  return {
    integratedTime: promised ? new Date(Number(entry.integratedTime) * 1000) : undefined,
    validAt: (time) => promised || logs.some(({ validFor }) => validFor.start <= time && time <= validFor.end),
  };
}

/** The trusted logs with the entry's id. A log known by its key alone may sign checkpoints under any name. */
function logsOf(entry: TransparencyLogEntry, trust: TrustMaterial): TrustMaterial["tlogs"] {
  const anyName = entry.inclusionProof?.checkpoint?.envelope ?? "";
  return trust.tlogs
    .filter((log) => log.logID.equals(entry.logId.keyId))
    .map((log) => (log.baseURL === "" ? { ...log, baseURL: anyName } : log));
}
