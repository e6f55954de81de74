import { type RegoType, toJsonText } from "../../../src/rego/index.ts";
import type { Random } from "./random.ts";

/** Draws a term, as Rego text. */
export type Source = (random: Random) => string;

/** One of some terms. */
export function oneOf(...terms: readonly string[]): Source {
  return (random) => random.pick(terms);
}

/** One of some sources. */
export function either(...sources: readonly Source[]): Source {
  return (random) => random.pick(sources)(random);
}

/** A text as a term; a byte-order mark may not stand in a module. */
export function literal(text: string): string {
  return JSON.stringify(text).replaceAll("\ufeff", "\\ufeff");
}

/** A text of a dictionary, often with something changed in it, or two of them joined. */
export function textOf(dictionary: readonly string[], changes = 0.4): Source {
  return (random) => literal(drawText(random, dictionary, changes));
}

export function drawText(random: Random, dictionary: readonly string[], changes = 0.4): string {
  const text = random.pick(dictionary);
  if (!random.chance(changes)) return text;
  const other = random.pick(dictionary);
  const at = random.below(text.length + 1);
  const end = Math.min(text.length, at + 1 + random.below(3));
  return random.pick([
    () => text.slice(0, at) + text.slice(end),
    () => text.slice(0, end) + text.slice(at),
    () => text.slice(0, at) + (other[random.below(other.length + 1)] ?? "") + text.slice(at),
    () =>
      text.slice(0, at) +
      random.pick(["\u00e9", "\u{1f600}", " ", "0", "\n", "-", ".", "\\", "%", "_"]) +
      text.slice(end),
    () => text + other,
    () => text.slice(0, at) + other.slice(random.below(other.length + 1)),
    () => random.pick([text.toUpperCase(), text.toLowerCase()]),
  ])();
}

/** A list of up to `max` terms. */
export function listOf(item: Source, max = 3): Source {
  return (random) => `[${random.times(random.below(max + 1), () => item(random)).join(", ")}]`;
}

export function setOf(item: Source, max = 3): Source {
  return (random) => {
    const items = random.times(random.below(max + 1), () => item(random));
    return items.length === 0 ? "set()" : `{${items.join(", ")}}`;
  };
}

/** An object with one of some values for each key that it happens to have; a key is written as a text. */
export function objectOf(fields: Readonly<Record<string, Source>>, presence = 0.6): Source {
  return (random) => {
    const kept = Object.entries(fields).filter(() => random.chance(presence));
    return `{${kept.map(([key, source]) => `${literal(key)}: ${source(random)}`).join(", ")}}`;
  };
}

/** JSON text of a term that is JSON. */
export function asText(source: Source): Source {
  return (random) => literal(source(random));
}

export const words = [
  "",
  "a",
  "b",
  "ab",
  "abc",
  "aXbXc",
  " a ",
  "a.b",
  "\u00e9",
  "e\u0301",
  "\u{1f600}x",
  "\u0130\u00df\ufb01",
  "a\u0000b",
  "\ufeff",
  "\u2028",
  "__proto__",
];
export const numbers = [
  "0",
  "1",
  "2",
  "3",
  "-1",
  "-2",
  "7",
  "10",
  "100",
  "1.5",
  "-0.5",
  "0.1",
  "2.5",
  "-2.5",
  "1e21",
  "1e-7",
  "123456.789",
  "255",
  "-7.75",
  "9007199254740991",
  "9007199254740993",
  "9223372036854775807",
  "-9223372036854775808",
  "9223372036854775808",
  "18446744073709551616",
  "123456789012345678901234567890",
  "-123456789012345678901234567890.5",
  "1e100",
  "1e-400",
  "0.30000000000000004",
  "1e308",
  "1e400",
  "3.000000000000000000001",
];

/** Texts whose bytes are no UTF-8. */
export const bytes = [
  'base64.decode("/w==")',
  'base64.decode("YeKCYf+AYg==")',
  'hex.decode("c328")',
  'hex.decode("eda080")',
];

/** Most functions that take texts by characters: OPA panics in some where a text is no UTF-8. */
export const anyText: Source = textOf(words);
export const textOrBytes: Source = (random) => (random.chance(0.2) ? random.pick(bytes) : textOf(words)(random));
export const anyNumber: Source = oneOf(...numbers);
export const smallNumber: Source = oneOf("0", "1", "2", "3", "-1", "5", "16", "64", "1.5", "-3", "1e30");

export function anyValue(random: Random, depth = 2): string {
  const scalar = random.choose<Source>([
    [3, anyText],
    [3, anyNumber],
    [1, oneOf("true", "false", "null")],
  ]);
  if (depth === 0 || random.chance(0.5)) return scalar(random);
  const inner: Source = (inside) => anyValue(inside, depth - 1);
  return random.pick<Source>([
    listOf(inner),
    setOf(inner),
    (inside) =>
      `{${inside.times(inside.below(4), () => `${inside.chance(0.8) ? textOf(words, 0)(inside) : inner(inside)}: ${inner(inside)}`).join(", ")}}`,
  ])(random);
}

export const value: Source = (random) => anyValue(random);

/** A term of a declared type. */
export function ofType(type: RegoType): Source {
  switch (type.kind) {
    case "any":
      return value;
    case "null":
      return oneOf("null");
    case "boolean":
      return oneOf("true", "false");
    case "number":
      return anyNumber;
    case "string":
      return anyText;
    case "set":
      return setOf(ofType(type.of));
    case "array":
      return (random) => {
        const fixed = type.static.map((item) => ofType(item)(random));
        const more =
          type.dynamic === undefined
            ? []
            : random.times(random.below(4), () => ofType(type.dynamic as RegoType)(random));
        return `[${[...fixed, ...more].join(", ")}]`;
      };
    case "object":
      return (random) => {
        const fixed = type.static.map((field) => `${toJsonText(field.key)}: ${ofType(field.value)(random)}`);
        const { dynamic } = type;
        const more =
          dynamic === undefined
            ? []
            : random.times(random.below(4), () => `${ofType(dynamic.key)(random)}: ${ofType(dynamic.value)(random)}`);
        return `{${[...fixed, ...more].join(", ")}}`;
      };
    case "anyOf":
      return (random) => ofType(random.pick(type.of))(random);
  }
}
