import type { TrustMaterial as SigstoreTrustMaterial } from "@sigstore/verify";

/** Whom to believe: certificate authorities, timestamp authorities, transparency logs, certificate logs. */
export interface TrustMaterial {
  readonly certificateAuthorities: SigstoreTrustMaterial["certificateAuthorities"];
  readonly timestampAuthorities: SigstoreTrustMaterial["timestampAuthorities"];
  readonly tlogs: SigstoreTrustMaterial["tlogs"];
  readonly ctlogs: SigstoreTrustMaterial["ctlogs"];
  /** SHA-256 of what it was made from: part of the key of anything that depends on it. */
  readonly id: string;
}

/** PEM texts of the `SIGSTORE_*` overrides, merged into the trusted root. */
export interface TrustOverrides {
  /** `SIGSTORE_ROOT_FILE`: certificates of the certificate authority. */
  readonly fulcioCertificates?: string;
  /** `SIGSTORE_REKOR_PUBLIC_KEY`: keys of transparency logs. */
  readonly rekorKeys?: string;
  /** `SIGSTORE_CT_LOG_PUBLIC_KEY_FILE`: keys of certificate logs. */
  readonly ctLogKeys?: string;
  /** `SIGSTORE_TSA_CERTIFICATE_FILE`: the timestamp authority's chain. */
  readonly tsaCertificates?: string;
}

/** Parses a `trusted_root.json`. Throws `SigstoreError` `trust_root_invalid`. */
export function parseTrustedRoot(_json: string | Uint8Array): TrustMaterial {
  throw new Error("not written yet");
}

/** The public-good instance's trusted root of the day this program was built: for use without a network. */
export function embeddedTrustedRoot(): TrustMaterial {
  throw new Error("not written yet");
}

/** Trust material that believes the overrides besides what it believed before. Throws `trust_root_invalid`. */
export function mergeOverrides(_trust: TrustMaterial, _overrides: TrustOverrides): TrustMaterial {
  throw new Error("not written yet");
}
