import type { Digest } from "../types/index.ts";
import { SigstoreError } from "./errors.ts";
import { compileIdentity, type IdentityPolicy } from "./identity.ts";
import type { PublicKeyMaterial } from "./public-key.ts";
import type { SignerPolicy } from "./signer.ts";
import type { TrustMaterial } from "./trust-root.ts";

export interface VerificationPolicy {
  readonly digest: Digest;
  /** A key; then the identity is not looked at. */
  readonly key?: PublicKeyMaterial | undefined;
  readonly identity?: IdentityPolicy | undefined;
  /** No transparency log entry is asked for. */
  readonly ignoreRekor: boolean;
  /** May be left out where `needsTrust` says that it is not needed. */
  readonly trust?: TrustMaterial | undefined;
  readonly now: Date;
  /** Any verified bundle counts as the image's signature, whatever its statement says. */
  readonly attestationAsSignature: boolean;
  /** Refuse legacy SLSA provenance that is not of its schema; true by default. */
  readonly checkLegacySyntax?: boolean | undefined;
}

export interface SignerPolicies {
  readonly legacy: SignerPolicy;
  readonly bundle: SignerPolicy;
}

/** What the two storages' signers are measured by. Throws `SigstoreError` `policy_invalid`. */
export function toSignerPolicies(policy: VerificationPolicy): SignerPolicies {
  const { key, identity, ignoreRekor, trust, now } = policy;
  if (key === undefined && identity === undefined) {
    throw new SigstoreError("neither a public key nor a certificate identity to verify with", {
      code: "policy_invalid",
    });
  }
  const toPolicy = (bothForms: boolean): SignerPolicy => ({
    signer:
      key === undefined
        ? { kind: "identity", matches: compileIdentity(identity ?? {}, { bothForms }) }
        : { kind: "key", key },
    ignoreRekor,
    trust,
    now,
  });
  return { legacy: toPolicy(false), bundle: toPolicy(true) };
}
