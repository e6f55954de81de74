import { RE2JS } from "re2js";
import { toErrorMessage } from "../types/index.ts";
import { SigstoreError } from "./errors.ts";

/** Who must have signed. An exact text or a regular expression (RE2, unanchored) for each of subject and issuer. */
export interface IdentityPolicy {
  readonly subject?: string | undefined;
  readonly subjectRegExp?: string | undefined;
  readonly issuer?: string | undefined;
  readonly issuerRegExp?: string | undefined;
}

/** What a certificate says about its holder. */
export interface CertificateIdentity {
  /** The subject alternative names: URIs, email addresses, DNS names, IP addresses, Fulcio's user names. */
  readonly subjects: readonly string[];
  readonly issuer: string;
}

/** Says why an identity is not the wanted one; undefined where it is. */
export type IdentityMatcher = (identity: CertificateIdentity) => string | undefined;

/**
 * Compiles an identity policy. Regular expressions match anywhere in the text, as in `ec` and cosign: anchor them with
 * `^` and `$`. Where both forms are given, the legacy storage goes by the regular expression alone and bundles must
 * match both, as there. Throws `SigstoreError` `policy_invalid`.
 */
export function compileIdentity(policy: IdentityPolicy, options: { bothForms: boolean }): IdentityMatcher {
  const subject = compileField("subject", { exact: policy.subject, pattern: policy.subjectRegExp, ...options });
  const issuer = compileField("issuer", { exact: policy.issuer, pattern: policy.issuerRegExp, ...options });
  return (identity) => {
    const issuerFailure = issuer([identity.issuer]);
    return issuerFailure ?? subject(identity.subjects);
  };
}

interface Field {
  exact: string | undefined;
  pattern: string | undefined;
  bothForms: boolean;
}

function compileField(name: string, field: Field): (values: readonly string[]) => string | undefined {
  const { exact = "", pattern = "", bothForms } = field;
  if (exact === "" && pattern === "") {
    throw new SigstoreError(
      `no certificate ${name} to expect: give an exact text or a regular expression, or a public key`,
      {
        code: "policy_invalid",
      },
    );
  }
  const compiled = pattern === "" ? undefined : compilePattern(name, pattern);
  const useExact = exact !== "" && (compiled === undefined || bothForms);
  return (values) => {
    const some = values.some(
      (value) => value !== "" && (compiled?.matcher(value).find() ?? true) && (!useExact || value === exact),
    );
    if (some) return undefined;
    const wanted = [useExact ? JSON.stringify(exact) : "", compiled ? `/${pattern}/` : ""]
      .filter(Boolean)
      .join(" and ");
    return `certificate ${name} is ${values.map((value) => JSON.stringify(value)).join(", ") || "missing"}, expected ${wanted}`;
  };
}

function compilePattern(name: string, pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    throw new SigstoreError(
      `the regular expression for the certificate ${name} does not compile: ${toErrorMessage(cause)}`,
      {
        code: "policy_invalid",
        cause,
      },
    );
  }
}
