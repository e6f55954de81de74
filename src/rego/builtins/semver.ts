import { compareStrings, quoteString, type Value } from "../value/index.ts";
import { type BuiltinTable, toFailure } from "./builtin.ts";
import { anyOperand, stringOperand } from "./operands.ts";

interface Version {
  readonly numbers: readonly bigint[];
  readonly prerelease: string;
}

const identifiers = /^[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*$/;
const maxNumber = 2n ** 63n - 1n;

/** A semantic version (semver.org), with an optional `v` and lenient numbers as OPA has them. */
function parseVersion(text: string): Version | undefined {
  const [beforePlus, metadata] = cut(text.replace(/^v/, ""), "+");
  if (metadata !== "" && !identifiers.test(metadata)) return undefined;
  const [core, prerelease] = cut(beforePlus, "-");
  if (prerelease !== "" && !identifiers.test(prerelease)) return undefined;
  const parts = core.split(".");
  if (parts.length !== 3 || !parts.every((part) => /^[+-]?\d{1,30}$/.test(part))) return undefined;
  const numbers = parts.map((part) => BigInt(part.replace("+", "")));
  return numbers.every((number) => number <= maxNumber && number >= -maxNumber - 1n)
    ? { numbers, prerelease }
    : undefined;
}

function cut(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function compareVersions(a: Version, b: Version): number {
  for (let index = 0; index < 3; index += 1) {
    const [left = 0n, right = 0n] = [a.numbers[index], b.numbers[index]];
    if (left !== right) return left < right ? -1 : 1;
  }
  if (a.prerelease === b.prerelease) return 0;
  if (a.prerelease === "" || b.prerelease === "") return a.prerelease === "" ? 1 : -1;
  return comparePrereleases(a.prerelease.split("."), b.prerelease.split("."));
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const order = compareIdentifiers(a[index] ?? "", b[index] ?? "");
    if (order !== 0) return order;
  }
  return a.length < b.length ? -1 : 1;
}

/** Numbers come before words. */
function compareIdentifiers(a: string, b: string): number {
  const isNumberA = /^\d+$/.test(a);
  const isNumberB = /^\d+$/.test(b);
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  if (!isNumberA) return compareStrings(a, b);
  const [left, right] = [a.replace(/^0+/, ""), b.replace(/^0+/, "")];
  return left.length === right.length ? compareStrings(left, right) : left.length < right.length ? -1 : 1;
}

function versionOperand(args: readonly Value[], position: number): Version {
  const text = stringOperand(args, position);
  const version = parseVersion(text);
  // The position is part of OPA's text here, and the error is none of types.
  if (version === undefined) throw toFailure(`operand ${position}: string ${quoteString(text)} is not a valid SemVer`);
  return version;
}

function compare(args: readonly Value[]): Value {
  stringOperand(args, 2);
  return compareVersions(versionOperand(args, 1), versionOperand(args, 2));
}

function isValid(args: readonly Value[]): Value {
  const text = anyOperand(args, 1);
  return typeof text === "string" && parseVersion(text) !== undefined;
}

export const semver: BuiltinTable = { "semver.compare": compare, "semver.is_valid": isValid };
