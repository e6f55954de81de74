import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RegoError } from "../errors.ts";
import {
  canonicalKey,
  compareValues,
  equalValues,
  formatValue,
  fromJson,
  maxDepth,
  numberFromText,
  ObjectBuilder,
  parseJson,
  RegoNumber,
  RegoObject,
  RegoSet,
  SetBuilder,
  toJson,
  toJsonText,
  typeName,
  type Value,
} from "./index.ts";

const numbers = fc.oneof(
  fc.integer().map((integer) => numberFromText(String(integer))),
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map((integer) => numberFromText(integer.toString())),
  fc.tuple(fc.integer(), fc.nat(999)).map(([whole, part]) => numberFromText(`${whole}.${part}`)),
);
const values: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.constantFrom<Value>(null, true, false),
    numbers,
    fc.string({ unit: "grapheme", maxLength: 4 }),
    fc.constantFrom<Value>("__proto__", "constructor", "\u{1F600}", "\uffff", "", "a"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((pairs) => RegoObject.from(pairs)),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => RegoSet.from(items)),
  ),
})).value;

/** A copy that shares nothing, built in the reverse order. */
function rebuild(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof RegoNumber) return numberFromText(String(value));
  if (value instanceof RegoSet) return RegoSet.from([...value.unordered()].reverse().map(rebuild));
  if (value instanceof RegoObject) {
    return RegoObject.from([...value.entries()].reverse().map(([key, item]) => [rebuild(key), rebuild(item)] as const));
  }
  return value.map(rebuild);
}

describe("order and equality", () => {
  it("is a total order that agrees with equality and with canonical keys", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const order = Math.sign(compareValues(a, b));
        expect(order + Math.sign(compareValues(b, a))).toBe(0);
        expect(equalValues(a, b)).toBe(order === 0);
        expect(canonicalKey(a) === canonicalKey(b)).toBe(order === 0);
      }),
      { numRuns: 1000 },
    );
  });

  it("is transitive", () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 3, maxLength: 5 }), (items) => {
        const sorted = [...items].sort((a, b) => compareValues(a, b));
        for (let low = 0; low < sorted.length; low += 1) {
          for (let high = low; high < sorted.length; high += 1) {
            expect(compareValues(sorted[low] as Value, sorted[high] as Value)).toBeLessThanOrEqual(0);
          }
        }
      }),
    );
  });

  it("does not depend on how a value was built", () => {
    fc.assert(
      fc.property(values, (value) => {
        const copy = rebuild(value);
        expect(compareValues(value, copy)).toBe(0);
        expect(equalValues(value, copy)).toBe(true);
        expect(formatValue(copy)).toBe(formatValue(value));
      }),
    );
  });

  it.each([
    ["null before false", null, false],
    ["false before true", false, true],
    ["true before numbers", true, -5],
    ["numbers before strings", 10, ""],
    ["strings before arrays", "z", []],
    ["arrays before objects", [9], RegoObject.empty],
    ["objects before sets", RegoObject.from([["a", 1]]), RegoSet.empty],
    ["code points, not UTF-16 units", "\uffff", "\u{10000}"],
    ["a prefix before the longer string", "ab", "abc"],
    ["a prefix before the longer array", [1], [1, 0]],
    ["object keys before their number", RegoObject.from([["a", 2]]), RegoObject.from([["b", 1]])],
    [
      "object values in the order of keys",
      RegoObject.from([
        ["a", 1],
        ["b", 1],
      ]),
      RegoObject.from([["a", 2]]),
    ],
    ["sets by their sorted members", RegoSet.from([1, 3]), RegoSet.from([2])],
    ["big integers exactly", numberFromText("9007199254740993"), numberFromText("9007199254740994")],
  ] as const)("%s", (_name, low, high) => {
    expect(compareValues(low, high)).toBeLessThan(0);
    expect(compareValues(high, low)).toBeGreaterThan(0);
  });
});

describe("objects and sets", () => {
  it("tells a conflict from a repetition", () => {
    const builder = new ObjectBuilder();
    expect(builder.insert("a", [1])).toBe(true);
    expect(builder.insert("a", [1])).toBe(true);
    expect(builder.insert("a", [2])).toBe(false);
    expect(builder.insert([1], 1)).toBe(true);
    expect(builder.insert([1], 2)).toBe(false);
    expect(formatValue(builder.build())).toBe('{"a": [1], [1]: 1}');
  });

  it("finds composite keys and big numbers by value", () => {
    const big = numberFromText("12345678901234567890");
    const object = RegoObject.from([
      [RegoSet.from([1, 2]), "set"],
      [big, "big"],
      ["1", "text"],
      [1, "number"],
    ]);
    expect(object.get(RegoSet.from([2, 1]))).toBe("set");
    expect(object.get(numberFromText("12345678901234567890.0"))).toBe("big");
    expect(object.get("1")).toBe("text");
    expect(object.get(1)).toBe("number");
    expect(object.has("12345678901234567890")).toBe(false);
    expect(object.size).toBe(4);
  });

  it("treats names of Object.prototype as any other key", () => {
    const object = fromJson(JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}')) as RegoObject;
    expect(object.get("toString")).toBeUndefined();
    expect(object.get("constructor")).toBe(2);
    expect(toJsonText(object)).toBe('{"__proto__":{"x":1},"constructor":2}');
    expect(JSON.stringify(toJson(object))).toBe('{"__proto__":{"x":1},"constructor":2}');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it("computes union, intersection and difference", () => {
    const left = RegoSet.from([1, [2], "x"]);
    const right = RegoSet.from([[2], "y"]);
    expect(formatValue(left.union(right))).toBe('{1, "x", "y", [2]}');
    expect(formatValue(left.intersection(right))).toBe("{[2]}");
    expect(formatValue(left.difference(right))).toBe('{1, "x"}');
    expect(new SetBuilder().build()).toBe(RegoSet.empty);
  });
});

describe("JSON", () => {
  it("round trips", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const text = JSON.stringify(json);
        expect(toJson(fromJson(JSON.parse(text)))).toEqual(JSON.parse(text));
        const value = parseJson(text);
        expect(equalValues(parseJson(toJsonText(value)), value)).toBe(true);
      }),
    );
  });

  it.each([
    ["integers beyond 2^53", "[12345678901234567890]", "[12345678901234567890]"],
    ["an exponent", '{"a": 1e3, "b": -2.5E-1}', '{"a":1000,"b":-0.25}'],
    ["a decimal with many digits", "[0.12345678901234567890123]", "[0.12345678901234567890123]"],
    ["the last of equal keys", '{"a": 1e1, "a": 2e1}', '{"a":20}'],
    ["a lone surrogate", '["\\ud83d x \\ud83d\\ude00"]', '["\ufffd x \u{1F600}"]'],
    ["escaped quotes beside an exponent", '["a\\\\", "b\\"c", 1e0]', '["a\\\\","b\\"c",1]'],
  ])("reads %s", (_name, text, expected) => {
    expect(toJsonText(parseJson(text))).toBe(toJsonText(parseJson(expected)));
  });

  it.each([
    ["{", "unexpected EOF"],
    ["[1 2]", "invalid character '2' after array element"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ["x", "invalid character 'x' looking for beginning of value"],
    ["1 2", "error: invalid character '2' after top-level value"],
    ['"abc', "unexpected EOF"],
    ["", "EOF"],
    ["nul", "unexpected EOF"],
    ["nux", "invalid character 'x' in literal null (expecting 'l')"],
    ["['", "invalid character '\\'' looking for beginning of value"],
  ])("refuses %j", (text, message) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: "eval_builtin_error", message }));
  });

  it("writes what Go writes", () => {
    const value = RegoObject.from([
      ["html", "<a href='x'>&\u2028"],
      ["set", RegoSet.from([3, 1, 2])],
      [RegoSet.from([1]), true],
      [5, null],
      ["control", "\u0001\n\u007f"],
    ]);
    expect(toJsonText(value)).toBe(
      '{"5":null,"[1]":true,"control":"\\u0001\\n\u007f","html":"\\u003ca href=\'x\'\\u003e\\u0026\\u2028","set":[1,2,3]}',
    );
    expect(toJsonText([[], 1], { indent: "  " })).toBe("[\n  [],\n  1\n]");
  });

  it("bounds the depth", () => {
    const deep = `${"[".repeat(maxDepth + 2)}${"]".repeat(maxDepth + 2)}`;
    expect(() => parseJson(deep)).toThrow(expect.objectContaining({ code: "limit_depth" }));
    let left: Value = 1;
    let right: Value = 1;
    for (let level = 0; level < maxDepth + 2; level += 1) {
      left = [left];
      right = [right];
    }
    for (const action of [
      () => compareValues(left, right),
      () => equalValues(left, right),
      () => canonicalKey(left),
      () => formatValue(left),
      () => toJson(left),
      () => toJsonText(left),
    ]) {
      expect(action).toThrow(RegoError);
    }
    expect(parseJson(`${"[".repeat(maxDepth)}${"]".repeat(maxDepth)}`)).toHaveLength(1);
  });

  it("reads a document of 200 kB with digests", () => {
    const rows = Array.from({ length: 2000 }, (_, index) => ({ name: `row ${index}`, digest: "3e".repeat(32), index }));
    const value = parseJson(JSON.stringify(rows));
    expect(value).toHaveLength(2000);
  });
});

describe("notation", () => {
  it.each<[string, Value, string]>([
    ["an empty set", RegoSet.empty, "set()"],
    ["an empty object", RegoObject.empty, "{}"],
    [
      "nested values",
      [null, true, RegoSet.from(["b", "a"]), RegoObject.from([[1, "x"]])],
      '[null, true, {"a", "b"}, {1: "x"}]',
    ],
    ["escapes", '"\\\n\u0001\u00e9\u200b\u{e0001}', '"\\"\\\\\\n\\x01\u00e9\\u200b\\U000e0001"'],
  ])("prints %s", (_name, value, expected) => {
    expect(formatValue(value)).toBe(expected);
  });

  it("names types", () => {
    const all: Value[] = [null, true, 1, numberFromText("1e30"), "", [], RegoObject.empty, RegoSet.empty];
    expect(all.map(typeName)).toEqual(["null", "boolean", "number", "number", "string", "array", "object", "set"]);
  });
});

describe("bytes that are no UTF-8, which stand as halves of surrogate pairs", () => {
  // What OPA 1.15.2 writes.
  const value = RegoObject.from([
    ["\udcff", "a\udcc3\udca9\\\udc80"],
    [RegoSet.from(["\udcff"]), "\u{1f600}"],
  ]);

  it("are U+FFFD in JSON text, and in the text of keys", () => {
    expect(toJsonText(value)).toBe('{"[\\"\\\\ufffd\\"]":"\u{1f600}","\\ufffd":"a\\ufffd\\ufffd\\\\\\ufffd"}');
    expect(toJsonText(["\udcff"], { indent: " " })).toBe('[\n "\\ufffd"\n]');
  });

  it("leave a backslash before u alone", () => {
    expect(toJsonText("\\udcff\ud800")).toBe('"\\\\udcff\\ufffd"');
  });

  it("are U+FFFD in plain JSON", () => {
    expect(toJson(value)).toEqual({ '["\\ufffd"]': "\u{1f600}", "\ufffd": "a\ufffd\ufffd\\\ufffd" });
  });
});

it("takes numbers that are values already", () => {
  expect(fromJson([numberFromText("1e400")])).toEqual([numberFromText("1e400")]);
});
