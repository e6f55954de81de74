import { createHash } from "node:crypto";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import seeds from "@sigstore/tuf/seeds.json" with { type: "json" };
import { type TrustMaterial as SigstoreTrustMaterial, toTrustMaterial } from "@sigstore/verify";
import { isJsonObject, toErrorMessage } from "../types/index.ts";
import { type Certificate, isSelfIssued, parseCertificates } from "./certificate.ts";
import { SigstoreError } from "./errors.ts";
import { parsePublicKeys, toSpki } from "./public-key.ts";

type CertificateAuthorities = SigstoreTrustMaterial["certificateAuthorities"];
type Logs = SigstoreTrustMaterial["tlogs"];

/** Whom to believe: certificate authorities, timestamp authorities, transparency logs, certificate logs. */
export interface TrustMaterial {
  readonly certificateAuthorities: CertificateAuthorities;
  readonly timestampAuthorities: CertificateAuthorities;
  readonly tlogs: Logs;
  readonly ctlogs: Logs;
  /** SHA-256 of what it was made from: part of the key of anything that depends on it. */
  readonly id: string;
}

/** PEM texts of the `SIGSTORE_*` overrides, merged into the trusted root. */
export interface TrustOverrides {
  /** `SIGSTORE_ROOT_FILE`: certificates of the certificate authority. */
  readonly fulcioCertificates?: string | undefined;
  /** `SIGSTORE_REKOR_PUBLIC_KEY`: keys of transparency logs. */
  readonly rekorKeys?: string | undefined;
  /** `SIGSTORE_CT_LOG_PUBLIC_KEY_FILE`: keys of certificate logs. */
  readonly ctLogKeys?: string | undefined;
  /** `SIGSTORE_TSA_CERTIFICATE_FILE`: the timestamp authority's chain. */
  readonly tsaCertificates?: string | undefined;
}

const maxTrustedRootBytes = 4 * 1024 * 1024;
const mediaType =
  /^application\/vnd\.dev\.sigstore\.trustedroot(\+json;version=0\.1|\.v0\.[12]\+json|\+json;version=0\.2)$/;
const always = { start: new Date(0), end: new Date(8.64e15) };

/** No trust in anybody: what overrides alone are merged into. */
export const emptyTrust: TrustMaterial = {
  certificateAuthorities: [],
  timestampAuthorities: [],
  tlogs: [],
  ctlogs: [],
  id: createHash("sha256").digest("hex"),
};

/**
 * Parses a `trusted_root.json` (protobuf-specs, `dev.sigstore.trustroot.v1.TrustedRoot`). An authority of a kind that
 * this program does not know is left out, which trusts less, not more; so is a log whose key has no start of validity.
 * Throws `SigstoreError` `trust_root_invalid`.
 */
export function parseTrustedRoot(json: string | Uint8Array): TrustMaterial {
  const bytes = Buffer.from(json);
  if (bytes.length > maxTrustedRootBytes)
    throw invalid(`${bytes.length} bytes; at most ${maxTrustedRootBytes} are read`);
  const root = parseMessage(bytes);
  const trust: TrustMaterial = {
    certificateAuthorities: usable(
      root.certificateAuthorities,
      (one) => toMaterial({ certificateAuthorities: [one] }).certificateAuthorities,
    ),
    timestampAuthorities: usable(
      root.timestampAuthorities,
      (one) => toMaterial({ timestampAuthorities: [one] }).timestampAuthorities,
    ),
    tlogs: usable(
      root.tlogs.filter((log) => log.publicKey?.validFor?.start !== undefined),
      (one) => toMaterial({ tlogs: [one] }).tlogs,
    ),
    ctlogs: usable(root.ctlogs, (one) => toMaterial({ ctlogs: [one] }).ctlogs),
    id: createHash("sha256").update(bytes).digest("hex"),
  };
  if (trust.certificateAuthorities.length + trust.tlogs.length + trust.timestampAuthorities.length === 0) {
    throw invalid("it names no certificate authority, no log and no timestamp authority that can be used");
  }
  return trust;
}

function parseMessage(bytes: Buffer): TrustedRoot {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw invalid("JSON was expected", cause);
  }
  if (!isJsonObject(value) || typeof value.mediaType !== "string" || !mediaType.test(value.mediaType)) {
    throw invalid("`mediaType` application/vnd.dev.sigstore.trustedroot+json;version=0.1 was expected");
  }
  try {
    return TrustedRoot.fromJSON(value);
  } catch (cause) {
    throw invalid(toErrorMessage(cause), cause);
  }
}

function toMaterial(part: Partial<Parameters<typeof toTrustMaterial>[0]>): SigstoreTrustMaterial {
  const none = { mediaType: "", certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
  return toTrustMaterial({ ...none, ...part });
}

function usable<From, To>(list: readonly From[], convert: (one: From) => readonly To[]): To[] {
  return list.flatMap((one) => {
    try {
      return convert(one);
    } catch {
      return []; // an authority that cannot be read is not trusted
    }
  });
}

let embedded: TrustMaterial | undefined;

/** The public-good instance's trusted root of the day this program was built: for use without a network. */
export function embeddedTrustedRoot(): TrustMaterial {
  embedded ??= parseTrustedRoot(embeddedTrustedRootJson());
  return embedded;
}

function embeddedTrustedRootJson(): Buffer {
  const targets: Readonly<Record<string, unknown>> = seeds["https://tuf-repo-cdn.sigstore.dev"].targets;
  const target = targets["trusted_root.json"];
  if (typeof target !== "string") throw new Error("the embedded trusted root is missing");
  return Buffer.from(target, "base64");
}

/** Trust material that believes the overrides besides what it believed before. Throws `trust_root_invalid`. */
export function mergeOverrides(trust: TrustMaterial, overrides: TrustOverrides): TrustMaterial {
  const { fulcioCertificates, rekorKeys, ctLogKeys, tsaCertificates } = overrides;
  const id = createHash("sha256").update(
    JSON.stringify([trust.id, fulcioCertificates, rekorKeys, ctLogKeys, tsaCertificates]),
  );
  return {
    certificateAuthorities: [
      ...trust.certificateAuthorities,
      ...toAuthorities("SIGSTORE_ROOT_FILE", fulcioCertificates),
    ],
    timestampAuthorities: [...trust.timestampAuthorities, ...toChain("SIGSTORE_TSA_CERTIFICATE_FILE", tsaCertificates)],
    tlogs: [...trust.tlogs, ...toLogs("SIGSTORE_REKOR_PUBLIC_KEY", rekorKeys)],
    ctlogs: [...trust.ctlogs, ...toLogs("SIGSTORE_CT_LOG_PUBLIC_KEY_FILE", ctLogKeys)],
    id: id.digest("hex"),
  };
}

/** A bundle of certificates of one or several authorities: each root with all the intermediates. */
function toAuthorities(name: string, pem: string | undefined): CertificateAuthorities {
  const certificates = parseOverride(name, pem, parseCertificates);
  const intermediates = certificates.filter((certificate) => !isSelfIssued(certificate));
  const roots = certificates.filter(isSelfIssued);
  if (certificates.length > 0 && roots.length === 0) throw invalid("a root certificate is missing", undefined, name);
  return roots.map((root) => toAuthority([...intermediates, root]));
}

/** The chain of one timestamp authority, its signing certificate first. */
function toChain(name: string, pem: string | undefined): CertificateAuthorities {
  const certificates = parseOverride(name, pem, parseCertificates);
  if (certificates.length === 0) return [];
  const leaf = certificates.find((certificate) => !certificate.x509.isCA);
  if (leaf === undefined) throw invalid("the certificate that signs timestamps is missing", undefined, name);
  return [toAuthority([leaf, ...certificates.filter((certificate) => certificate !== leaf)])];
}

function toAuthority(chain: readonly Certificate[]): CertificateAuthorities[number] {
  return { certChain: chain.map(({ x509 }) => x509), validFor: always };
}

/** A log's id is the SHA-256 of its key (RFC 6962, section 3.2); what it calls itself is not known from a key alone. */
function toLogs(name: string, pem: string | undefined): Logs {
  return parseOverride(name, pem, parsePublicKeys).map((key) => ({
    logID: createHash("sha256").update(toSpki(key)).digest(),
    baseURL: "",
    publicKey: key.key,
    validFor: always,
  }));
}

function parseOverride<T>(name: string, pem: string | undefined, parse: (pem: string) => readonly T[]): readonly T[] {
  if (pem === undefined) return [];
  try {
    return parse(pem);
  } catch (cause) {
    throw invalid(toErrorMessage(cause), cause, name);
  }
}

function invalid(reason: string, cause?: unknown, subject?: string): SigstoreError {
  const what = subject === undefined ? "the trusted root cannot be used" : `${subject} cannot be used`;
  return new SigstoreError(`${what}: ${reason}`, {
    code: "trust_root_invalid",
    ...(subject === undefined ? {} : { subject }),
    ...(cause === undefined ? {} : { cause }),
  });
}
