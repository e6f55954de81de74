import type { TransparencyLogEntry } from "@sigstore/bundle";
import { isJsonObject } from "../types/index.ts";
import { type Certificate, parseCertificates } from "./certificate.ts";
import { parseBundleAnnotation } from "./log-entry.ts";
import { attempt, Refusal } from "./refusal.ts";

/** Names of the annotations that cosign writes beside a layer of a `.sig` or `.att` tag. */
const names = {
  signature: "dev.cosignproject.cosign/signature",
  bundle: "dev.sigstore.cosign/bundle",
  certificate: "dev.sigstore.cosign/certificate",
  chain: "dev.sigstore.cosign/chain",
  timestamp: "dev.sigstore.cosign/rfc3161timestamp",
} as const;

const maxTimestampLength = 1024 * 1024;

type Annotations = Readonly<Record<string, string>>;

export interface LegacyMaterial {
  readonly certificate: Certificate | undefined;
  readonly intermediates: readonly Certificate[];
  readonly logEntries: readonly TransparencyLogEntry[];
  readonly timestamps: readonly Uint8Array[];
}

/** The signature beside a simple-signing payload: base64. Throws `Refusal`. */
export function signatureAnnotation(annotations: Annotations): string {
  const text = annotations[names.signature] ?? "";
  if (text === "") throw new Refusal(`its layer has no annotation ${names.signature}`);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw new Refusal("its signature is not base64");
  return text;
}

/** Certificates, log entry and timestamp beside a layer. `forKey`: certificates are not looked at. Throws `Refusal`. */
export function parseLegacyMaterial(
  annotations: Annotations,
  options: { forKey: boolean; ignoreRekor: boolean },
): LegacyMaterial {
  const { [names.bundle]: bundle, [names.timestamp]: timestamp } = annotations;
  return {
    certificate: options.forKey ? undefined : certificatesIn(annotations, names.certificate)[0],
    intermediates: options.forKey ? [] : certificatesIn(annotations, names.chain),
    logEntries: bundle === undefined || options.ignoreRekor ? [] : [parseBundleAnnotation(bundle)],
    timestamps: timestamp === undefined ? [] : parseTimestamp(timestamp),
  };
}

function certificatesIn(annotations: Annotations, name: string): readonly Certificate[] {
  const pem = annotations[name];
  if (pem === undefined || pem.trim() === "") return [];
  const parsed = attempt(() => parseCertificates(pem));
  if ("reason" in parsed) throw new Refusal(`its annotation ${name} holds no certificate: ${parsed.reason}`);
  return parsed.value;
}

/** A timestamp that cannot be read says nothing, as one of an unknown authority does. */
function parseTimestamp(text: string): readonly Uint8Array[] {
  if (text.length > maxTimestampLength) return [];
  const parsed = attempt((): unknown => JSON.parse(text));
  const value = "value" in parsed && isJsonObject(parsed.value) ? parsed.value.SignedRFC3161Timestamp : undefined;
  return typeof value === "string" ? [Buffer.from(value, "base64")] : [];
}
