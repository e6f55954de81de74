import type { Term } from "./ast.ts";

const ORDER: readonly Term["kind"][] = [
  "null",
  "boolean",
  "number",
  "string",
  "template-string",
  "var",
  "ref",
  "array",
  "object",
  "set",
  "array-comprehension",
  "object-comprehension",
  "set-comprehension",
  "call",
];

/** OPA's order of terms, in which sets and objects are printed: by kind, then by value. Zero for equal terms. */
export function compareTerms(left: Term, right: Term): number {
  const byKind = ORDER.indexOf(left.kind) - ORDER.indexOf(right.kind);
  if (byKind !== 0) return byKind;
  switch (left.kind) {
    case "null":
      return 0;
    case "boolean":
      return right.kind === "boolean" ? Number(left.value) - Number(right.value) : 0;
    case "number":
      return right.kind === "number" ? compareNumbers(left.text, right.text) : 0;
    case "string":
      return right.kind === "string" ? compareStrings(left.value, right.value) : 0;
    case "var":
      return right.kind === "var" ? compareStrings(left.name, right.name) : 0;
    default:
      return compareLists(parts(left), parts(right)) || comparePlaces(left, right);
  }
}

function parts(term: Term): Term[] {
  switch (term.kind) {
    case "ref":
      return [term.head, ...term.operands];
    case "array":
      return term.items;
    case "set":
      return [...term.items].sort(compareTerms);
    case "object":
      return [...term.pairs].sort(([first], [second]) => compareTerms(first, second)).flat();
    case "array-comprehension":
    case "set-comprehension":
      return [term.term];
    case "object-comprehension":
      return [term.key, term.value];
    case "call":
      return [nameTerm(term), ...term.args];
    default:
      return [];
  }
}

function nameTerm(call: Extract<Term, { kind: "call" }>): Term {
  return { kind: "string", value: call.name.join("."), location: call.location };
}

/** Comprehensions and template strings are told apart by where they stand: two of them are never one element of a set. */
function comparePlaces(left: Term, right: Term): number {
  if (!("body" in left) && left.kind !== "template-string") return 0;
  return left.location.offset - right.location.offset;
}

function compareLists(left: readonly Term[], right: readonly Term[]): number {
  for (const [index, item] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareTerms(item, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareNumbers(left: string, right: string): number {
  const difference = Number(left) - Number(right);
  if (difference !== 0 && !Number.isNaN(difference)) return difference;
  const integers = /^-?\d+$/;
  if (!integers.test(left) || !integers.test(right)) return 0;
  const [first, second] = [BigInt(left), BigInt(right)];
  return first === second ? 0 : first < second ? -1 : 1;
}

/** By code points, as Go's byte-wise order of UTF-8 has it. */
function compareStrings(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    if (left.charCodeAt(at) !== right.charCodeAt(at)) {
      return (left.codePointAt(at) ?? 0) - (right.codePointAt(at) ?? 0);
    }
  }
  return left.length - right.length;
}
