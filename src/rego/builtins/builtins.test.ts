import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { formatValue, fromJson, numberFromText, RegoObject, RegoSet, type Value } from "../value/index.ts";
import { type BuiltinContext, builtins, signatures } from "./index.ts";

const set = (...items: Value[]): RegoSet => RegoSet.from(items);

function createContext(seed = 1): BuiltinContext {
  return { nowNs: 1_700_000_000_000_000_000n, cache: new Map(), seed: new Uint8Array([seed]) };
}

function call(name: string, args: readonly Value[], context = createContext()): Value | undefined {
  const builtin = builtins.get(name);
  if (builtin === undefined) throw new Error(`no built-in ${name}`);
  return builtin.evaluate(args, context);
}

function show(name: string, args: readonly Value[]): string {
  const value = call(name, args);
  return value === undefined ? "undefined" : formatValue(value);
}

describe("the list of built-ins", () => {
  it("has everything that OPA declares but for the network and what the compiler does itself", () => {
    const missing = Object.keys(signatures).filter((name) => !builtins.has(name));
    expect(missing.sort()).toEqual(["http.send", "internal.print", "internal.test_case", "print"]);
  });

  it("marks what is deprecated and what is not deterministic", () => {
    expect(builtins.get("any")?.deprecated).toBe(true);
    expect(builtins.get("count")?.deprecated).toBeUndefined();
    expect(builtins.get("time.now_ns")?.nondeterministic).toBe(true);
  });
});

describe("sets", () => {
  it.each<[string, Value[], string]>([
    ["and", [set(1, 2), set(2, 3)], "{2}"],
    ["or", [set(1), set(2)], "{1, 2}"],
    ["minus", [set(1, 2), set(2)], "{1}"],
    ["set_diff", [set(1, 2), set(2)], "{1}"],
    ["union", [set(set(1), set(2), set())], "{1, 2}"],
    ["union", [set()], "set()"],
    ["intersection", [set(set(1, 2), set(2, 3))], "{2}"],
    ["intersection", [set()], "set()"],
    ["count", [set(1, 1)], "1"],
    ["min", [set(null, 3, 2)], "2"],
    ["min", [set(null)], "null"],
    ["min", [set()], "undefined"],
    ["max", [set(null, 3, 2)], "3"],
    ["sort", [set(3, "a", 1)], '[1, 3, "a"]'],
    ["sum", [set(1, 2)], "3"],
    ["any", [set(true, false)], "true"],
    ["all", [set(true)], "true"],
    ["cast_set", [[1, 1]], "{1}"],
    ["cast_array", [set(2, 1)], "[1, 2]"],
    ["concat", [",", set("b", "a")], '"a,b"'],
    ["object.keys", [RegoObject.from([[set(1), 2]])], "{{1}}"],
    ["object.remove", [RegoObject.from([["a", 1]]), set("a")], "{}"],
    ["object.subset", [set(1, 2), set(1)], "true"],
    ["object.subset", [[1, 2], set(1)], "true"],
    ["json.filter", [fromJson({ a: 1, b: 2 }), set("a")], '{"a": 1}'],
    ["internal.member_2", [1, set(1)], "true"],
    ["internal.member_2", ["x", fromJson({ a: "x" })], "true"],
    ["internal.member_2", [1, "no collection"], "false"],
    ["internal.member_3", ["a", 1, fromJson({ a: 1 })], "true"],
    ["internal.member_3", [1, 1, set(1)], "false"],
    ["graph.reachable", [fromJson({ a: ["b"], b: [] }), set("a")], '{"a", "b"}'],
    ["json.marshal", [RegoObject.from([[set(1), set(2)]])], '"{\\"[1]\\":[2]}"'],
    ["internal.template_string", [["a ", set(1), " ", set(), " ", set("x")]], '"a 1 <undefined> x"'],
    [
      "json.match_schema",
      [RegoObject.from([["a", set(1)]]), fromJson({ properties: { a: { type: "array" } } })],
      "[true, []]",
    ],
  ])("%s(%j) is %s", (name, args, expected) => {
    expect(show(name, args)).toBe(expected);
  });
});

describe("errors", () => {
  it.each<[string, Value[], string, string]>([
    ["plus", ["a", 1], "eval_type_error", "plus: operand 1 must be number but got string"],
    ["and", [set(1), [1]], "eval_type_error", "and: operand 2 must be set but got array"],
    ["union", [set(1)], "eval_type_error", "union: operand 1 must be set but got number"],
    [
      "concat",
      [",", set(1)],
      "eval_type_error",
      "concat: operand 2 must be set of strings but got set containing number",
    ],
    ["div", [1, 0], "eval_builtin_error", "div: divide by zero"],
    ["cast_string", [1], "eval_type_error", "cast_string: operand 1 must be string but got number"],
    ["count", [], "eval_type_error", "count: operand 1 is missing"],
  ])("%s(%j)", (name, args, code, message) => {
    expect(() => call(name, args)).toThrow(expect.objectContaining({ code, message }));
  });
});

describe("walk", () => {
  const value = RegoObject.from([
    ["b", [1, set("x")]],
    ["a", null],
  ]);

  it("gives every part with its path, in order", () => {
    const parts = [...(builtins.get("walk")?.iterate?.([value], createContext()) ?? [])].map((part) =>
      formatValue(part),
    );
    expect(parts).toEqual([
      '[[], {"a": null, "b": [1, {"x"}]}]',
      '[["a"], null]',
      '[["b"], [1, {"x"}]]',
      '[["b", 0], 1]',
      '[["b", 1], {"x"}]',
      '[["b", 1, "x"], "x"]',
    ]);
  });

  it("gives the values alone", () => {
    const parts = [...(builtins.get("walk")?.iterateValues?.([value], createContext()) ?? [])];
    expect(parts).toHaveLength(6);
    expect(parts[1]).toBeNull();
  });
});

describe("one evaluation", () => {
  it("has one time, one random number and one UUID for one argument", () => {
    const context = createContext();
    expect(formatValue(call("time.now_ns", [], context) ?? null)).toBe("1700000000000000000");
    expect(call("rand.intn", ["a", 1000], context)).toBe(call("rand.intn", ["a", 1000], context));
    expect(call("uuid.rfc4122", ["a"], context)).toBe(call("uuid.rfc4122", ["a"], context));
    expect(call("uuid.rfc4122", ["a"], context)).not.toBe(call("uuid.rfc4122", ["b"], context));
    expect(call("uuid.rfc4122", ["a"], context)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it("draws from its seed", () => {
    expect(call("uuid.rfc4122", ["a"], createContext(1))).toBe(call("uuid.rfc4122", ["a"], createContext(1)));
    expect(call("uuid.rfc4122", ["a"], createContext(1))).not.toBe(call("uuid.rfc4122", ["a"], createContext(2)));
    expect(call("rand.intn", ["a", 0])).toBe(0);
  });
});

describe("JSON Web Tokens", () => {
  const pairs = {
    RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
    PS512: generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
    ES384: generateKeyPairSync("ec", { namedCurve: "P-384" }),
    EdDSA: generateKeyPairSync("ed25519"),
  };
  const claims = { iss: "issuer", aud: ["a", "b"], exp: 1_800_000_000, nbf: 1_600_000_000 };

  it.each(Object.entries(pairs))("signs and verifies with %s", (algorithm, { privateKey, publicKey }) => {
    const jwk = fromJson(privateKey.export({ format: "jwk" }));
    const token = call("io.jwt.encode_sign", [fromJson({ alg: algorithm }), fromJson(claims), jwk]) as string;
    const pem = publicKey.export({ format: "pem", type: "spki" }) as string;
    const name = `io.jwt.verify_${algorithm.toLowerCase()}`;
    expect(call(name, [token, pem])).toBe(true);
    expect(call(name, [token, JSON.stringify({ keys: [publicKey.export({ format: "jwk" })] })])).toBe(true);
    expect(call(name, [`${token.slice(0, -4)}AAAA`, pem])).toBe(false);
    const verified = call("io.jwt.decode_verify", [token, fromJson({ cert: pem, iss: "issuer", aud: "b" })]) as Value[];
    expect(verified[0]).toBe(true);
  });

  const constraint = (fields: object): Value => fromJson({ secret: "s", aud: "a", ...fields });
  it.each([
    ["everything fits", {}, true],
    ["another issuer", { iss: "other" }, false],
    ["another audience", { aud: "c" }, false],
    ["another secret", { secret: "t" }, false],
    ["another algorithm", { alg: "HS512" }, false],
    ["it is not yet valid", { time: 1 }, false],
    ["it is no longer valid", { time: 1_900_000_000_000_000_000 }, false],
  ])("decides a token where %s", (_name, fields, expected) => {
    const jwk = fromJson({ kty: "oct", k: Buffer.from("s").toString("base64url") });
    const token = call("io.jwt.encode_sign", [fromJson({ alg: "HS256" }), fromJson(claims), jwk]) ?? null;
    const decided = call("io.jwt.decode_verify", [token, constraint(fields)]) as Value[];
    expect(decided[0]).toBe(expected);
  });

  it("does not take a public key for a secret", () => {
    const pem = pairs.RS256.publicKey.export({ format: "pem", type: "spki" }) as string;
    const jwk = fromJson({ kty: "oct", k: Buffer.from(pem).toString("base64url") });
    const token = call("io.jwt.encode_sign", [fromJson({ alg: "HS256" }), fromJson({}), jwk]) ?? null;
    expect(formatValue(call("io.jwt.decode_verify", [token, fromJson({ cert: pem })]) ?? null)).toBe("[false, {}, {}]");
    expect(call("io.jwt.verify_rs256", [token, pem])).toBe(false);
  });
});

describe("private keys", () => {
  it.each([
    ["RSA", generateKeyPairSync("rsa", { modulusLength: 2048 }), ["d", "dp", "dq", "e", "kty", "n", "p", "q", "qi"]],
    ["EC", generateKeyPairSync("ec", { namedCurve: "P-256" }), ["crv", "d", "kty", "x", "y"]],
    ["Ed25519", generateKeyPairSync("ed25519"), ["crv", "d", "kty", "x"]],
  ])("reads %s", (_name, { privateKey }, fields) => {
    const pem = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
    const jwk = call("crypto.x509.parse_rsa_private_key", [pem]) as RegoObject;
    expect(jwk.keys()).toEqual(fields);
    expect(call("crypto.parse_private_keys", [`${pem}${pem}`])).toHaveLength(2);
  });
});

describe("bounds", () => {
  const deepTemplate = "{{if .a}}".repeat(300) + "{{end}}".repeat(300);
  it.each<[string, string, Value[], string]>([
    ["a wide sprintf", "sprintf", ["%*d".repeat(40), Array.from({ length: 80 }, () => 1_000_000)], "limit_output"],
    ["a long range", "numbers.range", [1, 10_000_000], "limit_output"],
    ["a range of big numbers", "numbers.range", [0, numberFromText("1e30")], "limit_output"],
    ["a replacement that grows", "replace", ["a".repeat(5000), "a", "b".repeat(5000)], "limit_output"],
    ["a regular replacement that grows", "regex.replace", ["a".repeat(5000), "a", "b".repeat(5000)], "limit_output"],
    ["a shift", "bits.lsh", [1, 1_000_000], "eval_builtin_error"],
    ["a long pattern", "regex.match", ["a".repeat(70_000), ""], "eval_builtin_error"],
    ["nested repetitions", "regex.match", [`${"(".repeat(6)}a${"{1000})".repeat(6)}`, ""], "eval_builtin_error"],
    ["a glob with a long text", "glob.match", ["a*".repeat(10_000), [], "a".repeat(100_000)], "limit_output"],
    ["nested alternatives", "glob.match", ["{".repeat(200), [], ""], "eval_builtin_error"],
    ["a wide network", "net.cidr_expand", ["10.0.0.0/8"], "limit_output"],
    ["YAML aliases", "yaml.unmarshal", [bomb()], "limit_output"],
    ["deep JSON", "json.unmarshal", ["[".repeat(5000) + "]".repeat(5000)], "limit_depth"],
    [
      "a template that repeats",
      "strings.render_template",
      ["{{range 3000000}}x{{end}}", RegoObject.empty],
      "limit_output",
    ],
    ["a deep template", "strings.render_template", [deepTemplate, RegoObject.empty], "eval_builtin_error"],
    ["a schema that refers to itself", "json.match_schema", [fromJson({}), fromJson({ $ref: "#" })], "limit_depth"],
    ["a number with many digits", "to_number", ["1e300000"], "eval_builtin_error"],
    ["a deep GraphQL query", "graphql.parse_query", ["{a".repeat(500) + "}".repeat(500)], "eval_builtin_error"],
    ["a deep GraphQL value", "graphql.parse_query", [`{a(x: ${"[".repeat(500)}`], "eval_builtin_error"],
    [
      "GraphQL fields that repeat",
      "graphql.is_valid",
      [`{${"s ".repeat(1000)}}`, "type Query {s: Int}"],
      "limit_output",
    ],
    ["a graph with many cycles", "graph.reachable_paths", [manyCycles(), ["a"]], "limit_output"],
  ])("refuses %s", (_title, name, args, code) => {
    expect(() => call(name, args)).toThrow(expect.objectContaining({ code }));
  });

  it("matches in linear time what takes a backtracking engine for ever", () => {
    expect(call("regex.match", ["^(a+)+$", `${"a".repeat(50_000)}b`])).toBe(false);
    expect(call("regex.match", ["(x*)*y", "x".repeat(20_000)])).toBe(false);
    expect(call("glob.match", ["*a".repeat(50), ["/"], "a".repeat(5000)])).toBe(true);
    expect(call("graphql.parse_query", [`{${"a ".repeat(50_000)}}`])).toBeDefined();
    expect(call("indexof_n", ["a".repeat(200_000), "a".repeat(100_000)])).toHaveLength(100_001);
    expect(call("strings.render_template", ["{{.a}}".repeat(20_000), fromJson({ a: "x" })])).toHaveLength(20_000);
    expect(call("regex.globs_match", ["a*".repeat(200), `${"a".repeat(1000)}b`])).toBe(false);
  });
});

function bomb(): string {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let level = 1; level < 9; level += 1) {
    const alias = `*a${level - 1}`;
    lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => alias).join(", ")}]`);
  }
  return lines.join("\n");
}

/** Many edges that lead back, each of which repeats the path. */
function manyCycles(): Value {
  return fromJson({ a: ["b"], b: Array.from({ length: 3000 }, () => "a") });
}
