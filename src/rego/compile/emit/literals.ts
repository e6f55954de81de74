import { isList, RegoNumber, type Value } from "../../value/index.ts";

/** A string as a JavaScript literal. Nothing in it can end the literal. */
export function toLiteral(text: string): string {
  return JSON.stringify(text);
}

/** Constants that are written where they are used. */
export function isInline(value: Value): boolean {
  return typeof value !== "object" || value === null;
}

const largeSize = 8;

/** Constants with many members are kept out of the source, where that is possible. */
export function isLarge(value: Value): boolean {
  return countMembers(value, 0) > largeSize;
}

function countMembers(value: Value, before: number): number {
  let count = before + 1;
  if (typeof value !== "object" || value === null || count > largeSize) return count;
  if (isList(value)) for (const item of value) count = countMembers(item, count);
  else if (value.kind === "object") {
    for (const key of value.unorderedKeys()) {
      count = countMembers(value.get(key) as Value, count);
      if (count > largeSize) break;
    }
  }
  return count;
}

/** Whether a value is the same after it was written as JSON and read again. */
export function isPlain(value: Value): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (isList(value)) return value.every(isPlain);
  if (value.kind !== "object") return false;
  return value.unorderedKeys().every((key) => typeof key === "string" && isPlain(value.get(key) as Value));
}

/** A plain value as JSON, its members in any order. */
export function toJsonText(value: Value): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(toJsonText).join(",")}]`;
  if (value.kind !== "object") throw new Error("expected a plain value");
  const members = value.unorderedKeys().map((key) => `${JSON.stringify(key)}:${toJsonText(value.get(key) as Value)}`);
  return `{${members.join(",")}}`;
}

/** A value as a JavaScript expression; `K` holds the constructors (see run/helpers.ts). */
export function toExpression(value: Value): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "boolean":
      return String(value);
    case "string":
      return toLiteral(value);
    case "number":
      return value < 0 || Object.is(value, -0) ? `(${value})` : String(value);
  }
  if (isList(value)) return `[${value.map(toExpression).join(",")}]`;
  if (value instanceof RegoNumber) return `K.number(${toLiteral(String(value))})`;
  if (value.kind === "set") return `K.set([${value.values().map(toExpression).join(",")}])`;
  if (value.kind === "object") {
    const members = value.entries().flatMap(([key, member]) => [toExpression(key), toExpression(member)]);
    return `K.object([${members.join(",")}])`;
  }
  throw new Error("expected a value");
}
