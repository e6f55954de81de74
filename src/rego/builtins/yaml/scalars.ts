import { numberFromBigInt, numberFromDouble, type Value } from "../../value/index.ts";
import { toFailure } from "../builtin.ts";
import { parseTime } from "../time/parse.ts";

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
]);
const nulls = new Set(["", "~", "null", "Null", "NULL"]);
const infinite = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const timestamps = [
  "2006-1-2T15:4:5.999999999Z07:00",
  "2006-1-2t15:4:5.999999999Z07:00",
  "2006-1-2 15:4:5.999999999",
  "2006-1-2",
];

/** What a plain scalar means, with the words of YAML 1.1 that OPA's reader knows. */
export type PlainKind = "null" | "boolean" | "integer" | "float" | "timestamp" | "merge" | "text";

export interface Plain {
  readonly kind: PlainKind;
  readonly value: Value;
}

/** Throws `BuiltinError` for infinite numbers, which JSON does not have. */
export function resolvePlain(text: string): Plain {
  if (nulls.has(text)) return { kind: "null", value: null };
  const boolean = booleans.get(text);
  if (boolean !== undefined) return { kind: "boolean", value: boolean };
  if (text === "<<") return { kind: "merge", value: text };
  if (infinite.test(text)) throw toFailure(`json: unsupported value: ${toInfinity(text)}`);
  return /^[-+.0-9]/.test(text) ? resolveNumber(text) : { kind: "text", value: text };
}

function toInfinity(text: string): string {
  if (/nan/i.test(text)) return "NaN";
  return text.startsWith("-") ? "-Inf" : "+Inf";
}

function resolveNumber(text: string): Plain {
  if (!text.startsWith(".") && isTimestamp(text)) return { kind: "timestamp", value: text };
  const plain = text.startsWith(".") ? text : text.replaceAll("_", "");
  const integer = parseInteger(plain);
  if (integer !== undefined) return { kind: "integer", value: numberFromBigInt(integer) };
  if (!float.test(plain)) return { kind: "text", value: text };
  const number = Number(plain);
  return Number.isFinite(number) ? { kind: "float", value: numberFromDouble(number) } : { kind: "text", value: text };
}

/** An integer of 64 bits: decimal, or with the prefix 0x, 0o, 0b or 0. */
function parseInteger(text: string): bigint | undefined {
  const match = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|0[bB]([01]+)|(0|[1-9]\d*))$/.exec(text);
  if (match === null || text.length > 70) return undefined;
  const [, sign, hex, octal, binary, decimal] = match;
  const digits =
    hex !== undefined
      ? `0x${hex}`
      : octal !== undefined
        ? `0o${octal}`
        : binary !== undefined
          ? `0b${binary}`
          : decimal;
  const magnitude = BigInt(digits ?? "0");
  const value = sign === "-" ? -magnitude : magnitude;
  const isSigned = BigInt.asIntN(64, value) === value;
  const isUnsigned = sign === "" && BigInt.asUintN(64, value) === value;
  return isSigned || isUnsigned ? value : undefined;
}

function isTimestamp(text: string): boolean {
  if (!/^\d{4}-/.test(text)) return false;
  return timestamps.some((layout) => {
    try {
      parseTime(layout, text);
      return true;
    } catch {
      // Another layout may fit.
      return false;
    }
  });
}

const sexagesimal = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/** Whether a text, written without quotes, would still be read as this text. */
export function isPlainText(text: string): boolean {
  if (infinite.test(text) || sexagesimal.test(text)) return false;
  const { kind } = resolvePlain(text);
  return kind === "text" || kind === "merge";
}
