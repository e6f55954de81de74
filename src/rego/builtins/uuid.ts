import { createHash } from "node:crypto";
import { formatValue, numberFromBigInt, RegoObject, type Value } from "../value/index.ts";
import type { BuiltinContext, BuiltinTable } from "./builtin.ts";
import { anyOperand, stringOperand } from "./operands.ts";

/** A random UUID (version 4), the same one for the same argument within an evaluation. */
function create(args: readonly Value[], context: BuiltinContext): Value {
  const key = `uuid.rfc4122 ${formatValue(anyOperand(args, 1))}`;
  const known = context.cache.get(key);
  if (typeof known === "string") return known;
  const bytes = createHash("sha256").update(context.seed).update(key).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const created = bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  context.cache.set(key, created);
  return created;
}

/** The 16 bytes of the forms that are accepted: plain, with hyphens, as a URN, in braces. */
function readBytes(text: string): Buffer | undefined {
  let digits = text;
  if (/^urn:uuid:.{36}$/is.test(text)) digits = text.slice(9);
  else if (text.length === 38) digits = text.slice(1, 37);
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(digits)) digits = digits.replaceAll("-", "");
  else if (digits.length !== 32) return undefined;
  return /^[0-9a-f]{32}$/i.test(digits) ? Buffer.from(digits, "hex") : undefined;
}

function variantOf(byte: number): string {
  if ((byte & 0xc0) === 0x80) return "RFC4122";
  if ((byte & 0xe0) === 0xc0) return "Microsoft";
  return (byte & 0xe0) === 0xe0 ? "Future" : "Reserved";
}

function addressKind(byte: number): string {
  return `${(byte & 2) === 2 ? "local" : "global"}:${(byte & 1) === 1 ? "multicast" : "unicast"}`;
}

/** Hundreds of nanoseconds between the Gregorian reform and 1970. */
const epochOffset = 122_192_928_000_000_000n;
const domains = ["Person", "Group", "Org"];

/** Undefined where the text is no UUID. */
function parse(args: readonly Value[]): Value | undefined {
  const bytes = readBytes(stringOperand(args, 1));
  if (bytes === undefined) return undefined;
  const version = bytes.readUInt8(6) >> 4;
  const fields: [string, Value][] = [
    ["version", version],
    ["variant", variantOf(bytes.readUInt8(8))],
  ];
  if (version !== 1 && version !== 2) return RegoObject.from(fields);
  const ticks =
    BigInt(bytes.readUInt32BE(0)) |
    (BigInt(bytes.readUInt16BE(4)) << 32n) |
    (BigInt(bytes.readUInt16BE(6) & 0xfff) << 48n);
  const node = bytes.subarray(10);
  fields.push(
    // OPA counts in 64 bits, and so runs over for times before 1677.
    ["time", numberFromBigInt(BigInt.asIntN(64, (ticks - epochOffset) * 100n))],
    ["nodeid", [...node].map((byte) => byte.toString(16).padStart(2, "0")).join("-")],
    ["macvariables", addressKind(node.readUInt8(0))],
    ["clocksequence", bytes.readUInt16BE(8) & 0x3fff],
  );
  if (version === 2) {
    const domain = bytes.readUInt8(9);
    fields.push(["id", bytes.readUInt32BE(0)], ["domain", domains[domain] ?? `Domain${domain}`]);
  }
  return RegoObject.from(fields);
}

export const uuid: BuiltinTable = { "uuid.rfc4122": create, "uuid.parse": parse };
