import { describe, expect, it } from "vitest";
import { RegoError } from "../errors.ts";
import { RegoObject, toJsonText, type Value, withMeter } from "../value/index.ts";
import { certificate } from "./certificate.fixture.ts";
import { builtins } from "./index.ts";

const context = { nowNs: 1_795_261_920_000_000_000n, cache: new Map(), seed: new Uint8Array(8) };

/** How many units a call pays, up to a bound at which it is stopped. */
function unitsOf(name: string, args: readonly Value[], bound: number): number {
  let units = 0;
  const stop = (spent: number): void => {
    units += spent;
    if (units > bound) throw new RegoError("limit_steps", "enough");
  };
  try {
    withMeter(stop, () => builtins.get(name)?.evaluate(args, context));
  } catch (thrown) {
    if (!(thrown instanceof RegoError)) throw thrown;
  }
  return units;
}

const repeat = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join("\n");

/** Each is work that grows faster than its text, or that OpenSSL does. */
const hostile: Readonly<Record<string, readonly [string, Value[], number]>> = {
  "introspection through fragments that double": [
    "graphql.is_valid",
    [
      `{__schema {types {...F0}}}\n${repeat(60, (n) => `fragment F${n} on __Type {...F${n + 1} ofType {...F${n + 1}}}`)}\nfragment F60 on __Type {name}`,
      "type Query {a: Int}",
    ],
    3_000_000,
  ],
  "fragments that reach each other": [
    "graphql.is_valid",
    [
      `{...F0}\n${repeat(900, (n) => `fragment F${n} on Query {a ...F${n + 1}}`)}\nfragment F900 on Query {a}`,
      "type Query {a: Int}",
    ],
    500_000,
  ],
  "the same field many times": ["graphql.is_valid", [`{${"a ".repeat(30_000)}}`, "type Query {a: Int}"], 100_000],
  "a union of many types, spread often": [
    "graphql.is_valid",
    [
      `{u {${"...on U {__typename} ".repeat(2000)}}}`,
      `${repeat(2000, (n) => `type T${n} {a: Int}`)}\nunion U = ${Array.from({ length: 2000 }, (_, n) => `T${n}`).join(" | ")}\ntype Query {u: U}`,
    ],
    3_000_000,
  ],
  "many extensions": [
    "graphql.schema_is_valid",
    [`type Query {a: Int}\n${repeat(20_000, (n) => `extend type Query {f${n}: Int}`)}`],
    200_000,
  ],
  "certificates in one text": ["crypto.x509.parse_certificates", [certificate.repeat(300)], 600_000],
  "certificates without an end": [
    "crypto.x509.parse_certificates",
    [repeat(5000, (n) => `-----BEGIN a${n}-----`)],
    1_000_000,
  ],
  "a long module": ["rego.parse_module", ["a.rego", `package a\n${"p := 1\n".repeat(30_000)}`], 200_000],
};

describe("work that grows", () => {
  it.each(Object.entries(hostile))("is paid for: %s", (_, [name, args, least]) => {
    expect(unitsOf(name, args, least)).toBeGreaterThan(least);
  });
});

describe("lists are searched by an index", () => {
  // Twice the text costs about twice as much; units are told in portions of 50,000.
  const fields = (count: number): [string, string] => [
    `{${Array.from({ length: count }, (_, n) => `f${n}(a${n}: 1)`).join(" ")}}`,
    `type Query {${Array.from({ length: count }, (_, n) => `f${n}(a${n}: Int): Int`).join(" ")}}`,
  ];
  it.each<[string, (count: number) => [string, Value[]]]>([
    ["fields and arguments", (count) => ["graphql.is_valid", fields(count)]],
    [
      "variables",
      (count) => [
        "graphql.is_valid",
        [
          `query(${Array.from({ length: count }, (_, n) => `$v${n}: Int`).join(" ")}) {${Array.from({ length: count }, (_, n) => `f${n}: a(x: $v${n})`).join(" ")}}`,
          "type Query {a(x: Int): Int}",
        ],
      ],
    ],
  ])("%s", (_, make) => {
    const small = unitsOf(...make(1000), 1e9);
    const large = unitsOf(...make(2000), 1e9);
    expect(large).toBeLessThan(small * 2.5 + 100_000);
  });
});

it("follows fragments of a subscription once, though their paths double", () => {
  const fragments = repeat(40, (n) => `fragment F${n} on S {...F${n + 1} ...on S {...F${n + 1}}}`);
  const query = `subscription {...F0}\n${fragments}\nfragment F40 on S {a}`;
  const schema = "type Query {a: Int} type S {a: Int} schema {query: Query subscription: S}";
  expect(unitsOf("graphql.is_valid", [query, schema], 1e7)).toBeLessThan(1_000_000);
  expect(builtins.get("graphql.is_valid")?.evaluate([query, schema], context)).toBe(true);
});

describe("rego.parse_module", () => {
  const parse = (text: string): Value | undefined =>
    builtins.get("rego.parse_module")?.evaluate(["a.rego", text], context);

  // None of these comes as far as a tree: all units are those of reading.
  it.each<[string, string, number]>([
    ["each token", `package a\n${"a=1\n".repeat(20_000)}(`, 240_000],
    ["each comment", `package a\n${"#\n".repeat(40_000)}(`, 100_000],
    ["each part of a reference", `package a\np := a${".b".repeat(40_000)}(`, 250_000],
    ["each part of a template", `package a\np := $"${"{x}".repeat(40_000)}`, 250_000],
    ["each error", `package a\n${"p.q\n".repeat(5_000)}`, 1_000_000],
  ])("is paid for %s", (_, text, least) => {
    expect(unitsOf("rego.parse_module", ["a.rego", text], least)).toBeGreaterThan(least);
  });

  it("ends where a limit is reached, with the limit's error", () => {
    const stop = (): never => {
      throw new RegoError("limit_time", "enough");
    };
    const text = `package a\n${"p := 1\n".repeat(10_000)}`;
    expect(() => withMeter(stop, () => parse(text))).toThrow(expect.objectContaining({ code: "limit_time" }));
  });

  it("asks for the memory of the tree before it reads", () => {
    const asked: number[] = [];
    withMeter(
      (_, bytes) => asked.push(bytes),
      () => parse(`package a\n${" ".repeat(100_000)}`),
    );
    expect(asked[0]).toBeGreaterThan(50_000_000);
  });

  it("takes a module of 300,000 characters, and METADATA blocks in one run of comments", () => {
    expect(parse(`package a\n${"p := 1\n".repeat(43_000)}`)).toBeInstanceOf(RegoObject);
    expect(parse(`package a\n${"# METADATA\n# custom: {}\n".repeat(2_500)}p := 1`)).toBeInstanceOf(RegoObject);
  });

  it.each<[string, string]>([
    ["of no YAML", "# METADATA\n# foo: [\np := 1"],
    ["of an unknown scope", "# METADATA\n# scope: zzz\np := 1"],
  ])("takes METADATA %s for comments", (_, text) => {
    expect((parse(`package a\n${text}`) as RegoObject).get("comments")).toHaveLength(2);
  });

  it("gives numbers that no double holds", () => {
    const tree = parse("package a\np := 1e400") as RegoObject;
    expect(toJsonText(tree)).toContain('"value":{"type":"number","value":1e400}');
  });
});
