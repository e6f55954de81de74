import type { Identity, PolicySpec } from "./spec.ts";

/** The options that choose keys and identities. An empty text counts as absent. */
export interface VerificationOptions {
  publicKey?: string;
  rekorUrl?: string;
  certificateIdentity?: string;
  certificateIdentityRegExp?: string;
  certificateOidcIssuer?: string;
  certificateOidcIssuerRegExp?: string;
}

export interface VerificationChoice {
  /** The specification with what the options replaced. */
  spec: PolicySpec;
  /** PEM or a key's address; absent for keyless verification. */
  key?: string;
  /** Present exactly when `key` is absent. */
  identity?: Identity;
}

/** Applies the options to the specification. */
export function applyVerificationOptions(spec: PolicySpec, options: VerificationOptions): VerificationChoice {
  throw new Error(`not yet ${spec.name} ${options.publicKey}`);
}
