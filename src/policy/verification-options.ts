import { PolicyError } from "./errors.ts";
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
  /** The specification with what the options replaced. An identity given as option is not part of it. */
  spec: PolicySpec;
  /** PEM or a key's address; absent for keyless verification. */
  key?: string;
  /** Present exactly when `key` is absent. */
  identity?: Identity;
}

const identityFields = ["subject", "subjectRegExp", "issuer", "issuerRegExp"] as const;

function compactIdentity(identity: Identity): Identity | undefined {
  const entries = identityFields.map((field) => [field, identity[field]] as const).filter(([, value]) => value);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Identity);
}

function toIdentity(options: VerificationOptions): Identity | undefined {
  return compactIdentity({
    subject: options.certificateIdentity ?? "",
    subjectRegExp: options.certificateIdentityRegExp ?? "",
    issuer: options.certificateOidcIssuer ?? "",
    issuerRegExp: options.certificateOidcIssuerRegExp ?? "",
  });
}

function checkIdentity(identity: Identity): void {
  const problems: string[] = [];
  if (!identity.issuer && !identity.issuerRegExp) {
    problems.push(
      "certificate OIDC issuer must be provided for keyless workflow: give --certificate-oidc-issuer, or a key with --public-key",
    );
  }
  if (!identity.subject && !identity.subjectRegExp) {
    problems.push(
      "certificate identity must be provided for keyless workflow: give --certificate-identity, or a key with --public-key",
    );
  }
  if (problems.length > 0) {
    throw new PolicyError(problems.join("\n"), { code: "identity-missing" });
  }
}

/**
 * Decides between key and identity. A key given as option wins over everything; an identity given as option wins over
 * the policy's key; the policy's key wins over the policy's identity. An identity is taken as a whole.
 *
 * @throws {PolicyError} `identity-missing` when there is no key, and issuer or subject is missing too.
 */
export function applyVerificationOptions(spec: PolicySpec, options: VerificationOptions): VerificationChoice {
  const { publicKey: policyKey, ...withoutKey } = spec;
  const chosen = toIdentity(options);
  const key = options.publicKey || (chosen === undefined ? policyKey : undefined);
  const changed: PolicySpec = {
    ...withoutKey,
    ...(options.rekorUrl ? { rekorUrl: options.rekorUrl } : {}),
    ...(key ? { publicKey: key } : {}),
  };
  if (key) {
    return { spec: changed, key };
  }
  const identity = chosen ?? compactIdentity(spec.identity ?? {}) ?? {};
  checkIdentity(identity);
  return { spec: changed, identity };
}
