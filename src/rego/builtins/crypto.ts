import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Value } from "../value/index.ts";
import type { BuiltinTable, Evaluate } from "./builtin.ts";
import { stringOperand } from "./operands.ts";
import { toBytes } from "./text-bytes.ts";
import { readAlternativeNames } from "./x509/names.ts";
import { type Certificate, parseCertificates, withUriStrings } from "./x509/parse.ts";

function hash(algorithm: string): Evaluate {
  return (args) =>
    createHash(algorithm)
      .update(toBytes(stringOperand(args, 1)))
      .digest("hex");
}

function hmac(algorithm: string): Evaluate {
  return (args) => {
    const message = stringOperand(args, 1);
    return createHmac(algorithm, toBytes(stringOperand(args, 2)))
      .update(toBytes(message))
      .digest("hex");
  };
}

function equalMacs(args: readonly Value[]): Value {
  const left = toBytes(stringOperand(args, 1));
  const right = toBytes(stringOperand(args, 2));
  return left.length === right.length && timingSafeEqual(left, right);
}

/** A certificate with its URIs as texts. */
export function toExtendedValue(certificate: Certificate): Value {
  const names = certificate.extensions.find(({ oid }) => oid.join(".") === "2.5.29.17");
  return withUriStrings(certificate, names === undefined ? [] : readAlternativeNames(names.value).uris);
}

export const crypto: BuiltinTable = {
  "crypto.md5": hash("md5"),
  "crypto.sha1": hash("sha1"),
  "crypto.sha256": hash("sha256"),
  "crypto.hmac.md5": hmac("md5"),
  "crypto.hmac.sha1": hmac("sha1"),
  "crypto.hmac.sha256": hmac("sha256"),
  "crypto.hmac.sha512": hmac("sha512"),
  "crypto.hmac.equal": equalMacs,
  "crypto.x509.parse_certificates": (args) => parseCertificates(stringOperand(args, 1)).map(toExtendedValue),
};
