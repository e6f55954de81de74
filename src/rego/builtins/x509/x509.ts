import { RegoError } from "../../errors.ts";
import { type RegoObject, toBigInt, type Value } from "../../value/index.ts";
import { type BuiltinContext, type BuiltinTable, toFailure } from "../builtin.ts";
import { toExtendedValue } from "../crypto.ts";
import { isNumber, objectOperand, stringOperand, toItems } from "../operands.ts";
import { type Certificate, parseCertificates } from "./parse.ts";
import { parseCertificateRequest, parseKeyPair, parsePrivateKeyAsJwk, parsePrivateKeys } from "./private.ts";
import { findChain, type VerifyOptions } from "./verify.ts";

/** Extended key usages by OPA's names, in the order of Go's numbers. */
const usageNames = [
  "KeyUsageAny",
  "KeyUsageServerAuth",
  "KeyUsageClientAuth",
  "KeyUsageCodeSigning",
  "KeyUsageEmailProtection",
  "KeyUsageIPSECEndSystem",
  "KeyUsageIPSECTunnel",
  "KeyUsageIPSECUser",
  "KeyUsageTimeStamping",
  "KeyUsageOCSPSigning",
  "KeyUsageMicrosoftServerGatedCrypto",
  "KeyUsageNetscapeServerGatedCrypto",
  "KeyUsageMicrosoftCommercialCodeSigning",
  "KeyUsageMicrosoftKernelCodeSigning",
];
const serverAuthentication = 1;

/** The certificates, or undefined where they cannot be read: verification then fails without an error. */
function tryParse(text: string): Certificate[] | undefined {
  try {
    return parseCertificates(text);
  } catch (thrown) {
    if (thrown instanceof RegoError && thrown.code === "eval_builtin_error") return undefined;
    throw thrown;
  }
}

function verifyChain(text: string, options: VerifyOptions): Certificate[] | undefined {
  const certificates = tryParse(text);
  return certificates === undefined ? undefined : findChain(certificates, options);
}

function parseAndVerify(args: readonly Value[], context: BuiltinContext): Value {
  const options = { nowNs: context.nowNs, dnsName: "", keyUsages: [serverAuthentication] };
  const chain = verifyChain(stringOperand(args, 1), options);
  return chain === undefined ? [false, []] : [true, chain.map(toExtendedValue)];
}

function readOptions(object: RegoObject, nowNs: bigint): VerifyOptions {
  const options = { nowNs, dnsName: "", keyUsages: [serverAuthentication] as readonly number[] };
  for (const [key, value] of object.entries()) {
    switch (key) {
      case "DNSName":
        if (typeof value !== "string") throw toFailure("'DNSName' should be a string");
        options.dnsName = value.replace(/^"+|"+$/g, "");
        break;
      case "CurrentTime": {
        if (!isNumber(value)) throw toFailure("'CurrentTime' should be a number");
        const time = toBigInt(value);
        if (time === undefined) throw toFailure("'CurrentTime' should be a valid int64 number");
        options.nowNs = time;
        break;
      }
      case "MaxConstraintComparisons":
        if (!isNumber(value)) throw toFailure("'MaxConstraintComparisons' should be a number");
        if (toBigInt(value) === undefined) throw toFailure("'MaxConstraintComparisons' should be a valid number");
        break;
      case "KeyUsages":
        options.keyUsages = readUsages(value);
        break;
      default:
        throw toFailure("invalid key option");
    }
  }
  return options;
}

function readUsages(value: Value): readonly number[] {
  const items = toItems(value);
  if (items === undefined) throw toFailure("'KeyUsages' should be an Array or Set");
  const names = items.filter((item) => typeof item === "string").map((name) => name.replace(/^"+|"+$/g, ""));
  const unknown = names.filter((name) => !usageNames.includes(name));
  if (unknown.length > 0) throw toFailure(`invalid entries for 'KeyUsages' found: [${unknown.join(" ")}]`);
  return names.length === 0 ? [serverAuthentication] : names.map((name) => usageNames.indexOf(name));
}

function parseAndVerifyWithOptions(args: readonly Value[], context: BuiltinContext): Value {
  const text = stringOperand(args, 1);
  const object = objectOperand(args, 2);
  if (tryParse(text) === undefined) return [false, []];
  const chain = verifyChain(text, readOptions(object, context.nowNs));
  return chain === undefined ? [false, []] : [true, chain.map(({ value }) => value)];
}

export const x509: BuiltinTable = {
  "crypto.parse_private_keys": (args) => parsePrivateKeys(stringOperand(args, 1)),
  "crypto.x509.parse_and_verify_certificates": parseAndVerify,
  "crypto.x509.parse_and_verify_certificates_with_options": parseAndVerifyWithOptions,
  "crypto.x509.parse_certificate_request": (args) => parseCertificateRequest(stringOperand(args, 1)),
  // OPA's messages name operand 1 for both.
  "crypto.x509.parse_keypair": (args) => parseKeyPair(stringOperand(args, 1), stringOperand(args.slice(1), 1)),
  "crypto.x509.parse_rsa_private_key": (args) => parsePrivateKeyAsJwk(stringOperand(args, 1)),
};
