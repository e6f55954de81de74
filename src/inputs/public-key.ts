import { createPublicKey } from "node:crypto";
import { quote } from "./flag-parser.ts";

const unsupportedScheme = /^(awskms|gcpkms|azurekms|hashivault):\/\/|^pkcs11:/;

const advice = "pass a file, an address (https://, env://NAME, k8s://namespace/secret, gitlab://...) or the PEM text";

/** What is wrong with a key as it was given, or undefined. A key's text is never repeated. */
export function findPublicKeyFault(text: string): string | undefined {
  if (text.includes("PRIVATE KEY")) {
    return "expected a public key, got the text of a private key; pass the public half (cosign.pub), and replace a key that was shown";
  }
  if (text.includes("BEGIN PUBLIC KEY")) {
    return findPemFault(text);
  }
  if (text.includes("-----BEGIN")) {
    return "expected a public key, got another PEM text (a certificate?); for certificates use --certificate-identity and --certificate-oidc-issuer";
  }
  const scheme = unsupportedScheme.exec(text)?.[0];
  if (scheme !== undefined) {
    return `keys of ${scheme} are not supported; export the public key and ${advice}`;
  }
  if (/[\r\n]/.test(text)) {
    return `expected a public key, got ${text.length} characters of several lines that are no PEM text; ${advice}`;
  }
  return /^\s|\s$/.test(text) ? `expected no blanks around the key's name, got ${quote(text)}` : undefined;
}

function findPemFault(text: string): string | undefined {
  if (text.includes("\\n") && !text.includes("\n")) {
    return String.raw`the PEM text has the two characters \n instead of line ends; keep its lines, or pass a file`;
  }
  try {
    createPublicKey(text);
    return undefined;
  } catch {
    // The cause is OpenSSL's, about its own parser: it helps nobody who mistyped a key.
    return "expected a whole PEM public key, from its BEGIN line to its END line, got one that does not parse; copy it again, with its lines";
  }
}
