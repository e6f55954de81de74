import type { X509Certificate } from "@sigstore/core";
import type { SignatureEntry } from "../types/index.ts";
import { type Certificate, describeParsedCertificate, keyIdOf, toCertificatePem } from "./certificate.ts";

/** What a report entry is made of. */
export interface EntryParts {
  readonly keyid: string;
  /** Base64. */
  readonly sig: string;
  readonly certificate?: Certificate | undefined;
  readonly chain?: readonly Certificate[] | undefined;
}

/** The report's entry of a signature (PARITY 4.8); a certificate's key identifier takes the place of the key id. */
export function toSignatureEntry({ keyid, sig, certificate, chain = [] }: EntryParts): SignatureEntry {
  if (certificate === undefined) return { keyid, sig };
  return {
    keyid: keyIdOf(certificate) || keyid,
    sig,
    certificate: toCertificatePem(certificate),
    ...(chain.length > 0 ? { chain: chain.map(toCertificatePem) } : {}),
    metadata: describeParsedCertificate(certificate),
  };
}

/**
 * What verified of the certificates that came with a signature. Whoever may push may write any certificate beside a
 * signature that a key made, and any chain beside a good leaf: neither is shown.
 */
export function verifiedParts(
  given: { certificate: Certificate | undefined; intermediates: readonly Certificate[] },
  path: readonly X509Certificate[],
): Pick<EntryParts, "certificate" | "chain"> {
  if (path.length === 0) return {};
  const chain = given.intermediates.filter(({ x509 }) => path.some((verified) => verified.equals(x509)));
  return { certificate: given.certificate, chain };
}
