import { createHmac, createPrivateKey, sign } from "node:crypto";
import { pems } from "./builtin-pems.ts";
import {
  anyNumber,
  anyText,
  asText,
  either,
  listOf,
  literal,
  numbers,
  objectOf,
  oneOf,
  type Source,
  setOf,
  smallNumber,
  textOf,
  textOrBytes,
  value,
  words,
} from "./builtin-sources.ts";
import * as texts from "./builtin-texts.ts";

const text = textOf(words);
const pattern = textOf(texts.patterns, 0.3);
const patternText = textOf(texts.patternTexts);
const count = oneOf("-1", "0", "1", "2", "5", "1.5", "-2");
const moment: Source = oneOf(
  "0",
  "1",
  "-1",
  "1136214245000000000",
  "1709251199999999999",
  "-62135596800000000000",
  "9223372036854775807",
  "-9223372036854775808",
  "9223372036854775808",
  "1.5",
  "1e18",
  "253402300799000000000",
  "1700000000123456789",
  "1711846800000000000",
  "1729990800000000000",
  "-2208988800000000000",
  "951782400000000000",
);
const zone = textOf(texts.zones, 0.1);
/** Nothing that takes the other side for ever, whatever stands beside it. */
const rangeEnd = oneOf("0", "1", "2", "-1", "10", "-7", "1.5", '"1"', "null", "{1}", "100");
const shift = oneOf("0", "1", "3", "64", "-1", "1.5", "100", '"1"', "null");
const momentAndZone: Source = (random) =>
  random.pick<Source>([moment, (r) => `[${moment(r)}, ${zone(r)}]`, (r) => `[${moment(r)}]`, listOf(value)])(random);
const momentZoneAndLayout: Source = either(
  momentAndZone,
  (r) => `[${moment(r)}, ${zone(r)}, ${textOf(texts.layouts)(r)}]`,
  (r) => `[${moment(r)}, ${zone(r)}, ${textOf(texts.layouts, 0)(r)}, 1]`,
);
const years = oneOf(
  "0",
  "1",
  "-1",
  "12",
  "-13",
  "31",
  "100",
  "365",
  "-400",
  "1000",
  "292",
  "1.5",
  "2147483648",
  "99999999999",
  "9223372036854775807",
);

const network = textOf(texts.networks, 0.2);
const networkItem: Source = either(
  network,
  (r) => `[${network(r)}, ${value(r)}]`,
  (r) => `[${network(r)}]`,
);
const networkCollection: Source = either(
  network,
  listOf(networkItem, 4),
  setOf(networkItem, 4),
  (r) => `{${text(r)}: ${networkItem(r)}, "k": ${network(r)}}`,
);

const json: Source = either(textOf(texts.jsonTexts, 0.3), (random) =>
  literal(textOf(texts.jsonTexts, 0)(random).slice(0, 40)),
);

const document: Source = either(
  oneOf(
    '{"a": {"b": [1, 2, {"c": 3}], "d": null}, "b": {"c": 1}, "c": [[1], [2], {"0": 1}]}',
    '{"a": [1, 2, 3], "a/b": 1, "~": 2, "": {"": 3}}',
    '{"a": {"0": "x", "-": "y"}, "b": {"a", "b"}, "c": [{1}, {2}]}',
    '[1, [2, 3], {"a": 4}]',
    '{"a": {1: 2, "1": 3}, "0": [0], 0: [1]}',
    "{}",
    '{"a": {"b": {"c": {}}}}',
    '{{1}, {"a": 1}}',
  ),
  value,
);
const path = either(
  textOf(texts.paths, 0.2),
  listOf(
    oneOf('"a"', '"b"', '"c"', "0", "1", '"0"', '"-"', "2", '"d"', '"a/b"', '"~"', "null", "{1}", '"1"', "-1", "1.5"),
    4,
  ),
);
const pathCollection = either(listOf(path), setOf(path));
const patch: Source = (random) => {
  const op = random.pick(["add", "remove", "replace", "move", "copy", "test", "Add", ""]);
  const fields: Record<string, Source> = { path, value: either(value, oneOf("1", "2", '{"c": 3}', "[1, 2]")) };
  if (op === "move" || op === "copy" || random.chance(0.1)) fields.from = path;
  const body = objectOf(fields, 0.93)(random).slice(1, -1);
  const operation = `"op": ${random.chance(0.97) ? literal(op) : value(random)}`;
  return `{${random.chance(0.97) ? operation : ""}${body === "" || random.chance(0) ? "" : `, ${body}`}}`.replace(
    "{, ",
    "{",
  );
};

const graph: Source = (random) => {
  const node = oneOf('"a"', '"b"', '"c"', '"d"', '"e"', '"f"', "1", "null");
  const edges = random.times(
    random.below(6),
    () => `${node(random)}: ${either(listOf(node), setOf(node), oneOf("null", '"a"', "{}"))(random)}`,
  );
  return `{${edges.join(", ")}}`;
};
const nodes = either(listOf(oneOf('"a"', '"b"', '"c"', "1", '"zz"')), setOf(oneOf('"a"', '"b"', "null")));

const schemaObject: Source = (random) => {
  const parts: Record<string, Source> = {
    type: oneOf('"object"', '"array"', '"string"', '"number"', '"integer"', '"null"', '["string", "integer"]', '"any"'),
    properties: (r) => `{"a": ${r.pick(texts.schemas)}, "b": ${r.pick(texts.schemas)}}`,
    items: (r) => r.pick(texts.schemas),
    format: (r) => literal(r.pick(texts.jsonFormats)),
    minimum: smallNumber,
    exclusiveMaximum: either(smallNumber, oneOf("true", "false")),
    maxLength: smallNumber,
    pattern,
    required: listOf(oneOf('"a"', '"b"', '"c"')),
    enum: listOf(value),
    const: value,
    multipleOf: oneOf("0.1", "3", "0.01", "1e-9", "2"),
    anyOf: listOf((r) => r.pick(texts.schemas)),
    additionalProperties: (r) => r.pick([...texts.schemas.slice(0, 6), "false"]),
    $schema: oneOf(
      '"http://json-schema.org/draft-04/schema#"',
      '"http://json-schema.org/draft-06/schema#"',
      '"http://json-schema.org/draft-07/schema#"',
    ),
  };
  return objectOf(parts, 0.2)(random);
};
const schema = either(
  schemaObject,
  (r) => r.pick(texts.schemas),
  asText((r) => r.pick(texts.schemas)),
  json,
);
const formatSchema: Source = (r) => `{"format": ${literal(r.pick(texts.jsonFormats))}}`;
const instance = either(
  document,
  textOf(texts.formatTexts, 0.1),
  oneOf(
    "1",
    "0.3",
    "3",
    '"a"',
    "null",
    '{"a": 1, "b": "x"}',
    "[1, 2]",
    '"{\\"a\\": 1}"',
    '["a", 1]',
    '{"a": {}, "c": 1}',
    "1.0",
    "[1, 1]",
  ),
);

const base64Url = (part: string | Buffer): string => Buffer.from(part).toString("base64url");
const tokenHeaders = [
  '{"alg":"HS256"}',
  '{"alg":"HS256","typ":"JWT"}',
  '{"alg":"RS256"}',
  '{"alg":"ES256"}',
  '{"alg":"EdDSA"}',
  '{"alg":"none"}',
  '{"alg":"HS384"}',
  '{"alg":"HS512","cty":"JWT"}',
  '{"alg":"HS256","kid":"k1"}',
  '{"typ":"JWT"}',
  '{"alg":"HS256","enc":"x"}',
  '{"alg":"HS256","crit":["x"]}',
  "{",
  "[]",
  '{"alg":1}',
  '{"alg":"HS256","alg":"none"}',
  '{"alg":"PS256"}',
];
const tokenPayloads = [
  "{}",
  '{"iss":"me","aud":"you","exp":2000000000,"nbf":1000000000}',
  '{"aud":["a","you"],"exp":1}',
  '{"nbf":9999999999}',
  '{"exp":"x"}',
  '{"exp":2000000000.5}',
  "[]",
  '"x"',
  '{"iss":1}',
  '{"aud":1}',
  '{"a":1e400}',
  "{",
  '{"exp":null}',
  '{"nbf":-1.5}',
  '{"a":"\\ud800"}',
  '{"iss":"me"}',
  '{"aud":[]}',
  '{"exp":1e100}',
];
const ecKey = createPrivateKey(pems.ecKey);
const rsaKey = createPrivateKey(pems.rsaKey);
const edwardsKey = createPrivateKey(pems.edwardsKey);

function signToken(header: string, input: string): Buffer {
  const data = Buffer.from(input);
  const hmac = (hash: string) => createHmac(hash, "secret").update(data).digest();
  if (header.includes("RS256")) return sign("sha256", data, rsaKey);
  // The signature of a fixed text has another value each time: only its verification is compared.
  if (header.includes("ES256")) return sign("sha256", data, { key: ecKey, dsaEncoding: "ieee-p1363" });
  if (header.includes("EdDSA")) return sign(null, data, edwardsKey);
  if (header.includes("HS384")) return hmac("sha384");
  if (header.includes("HS512")) return hmac("sha512");
  return hmac("sha256");
}

const tokens: string[] = tokenHeaders.flatMap((header, index) =>
  tokenPayloads
    .filter((_, other) => (index < 5 ? true : other % 6 === index % 6))
    .map((payload) => {
      const input = `${base64Url(header)}.${base64Url(payload)}`;
      return `${input}.${base64Url(signToken(header, input))}`;
    }),
);
const oddTokens = [
  "",
  "a",
  "a.b",
  "a.b.c",
  "..",
  "...",
  `${tokens[0]}.`,
  `${tokens[0]}=`,
  (tokens[0] ?? "").replace(".", ".."),
  "e30.e30.",
  "e30=.e30=.YQ",
  "e30.e30.YQ",
  `${base64Url('{"alg":"HS256","cty":"JWT"}')}.${base64Url(tokens[1] ?? "")}.YQ`,
  "e30.W10.YQ",
  "a.b.c.d.e",
  "!.!.!",
];
const token = either(textOf(tokens, 0.1), textOf(tokens, 0), textOf(oddTokens, 0.1));
const jwkOf = (key: ReturnType<typeof createPrivateKey>): string => JSON.stringify(key.export({ format: "jwk" }));
const privateJwks = [
  jwkOf(ecKey),
  jwkOf(rsaKey),
  jwkOf(edwardsKey),
  '{"kty":"oct","k":"c2VjcmV0"}',
  '{"kty":"oct"}',
  '{"kty":"oct","k":"!"}',
  '{"kty":"foo"}',
  "{}",
  '{"kty":"RSA"}',
  '{"kty":"EC","crv":"P-256"}',
];
const verificationKeys = [
  pems.rsaPublic,
  pems.ecPublic,
  pems.edwardsPublic,
  pems.leaf,
  pems.root,
  pems.edwards,
  "",
  "x",
  pems.rsaKey,
  "secret",
  `${pems.ecPublic}${pems.rsaPublic}`,
  ...privateJwks,
  `{"keys":[${privateJwks.slice(0, 4).join(",")}]}`,
  '{"keys":[]}',
  '{"keys":1}',
  '{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"k1"}]}',
  '{"keys":[{"kty":"foo"}]}',
  '{"keys":[{}]}',
  "[]",
];
const verificationKey = textOf(verificationKeys, 0.05);
const signJwt = [token, verificationKey];
const constraints = objectOf(
  {
    cert: verificationKey,
    secret: oneOf('"secret"', '"other"', '""', "1"),
    alg: oneOf('"HS256"', '"RS256"', '"ES256"', '"EdDSA"', '"none"', '"foo"', "1"),
    iss: oneOf('"me"', '"you"', "1"),
    aud: oneOf('"you"', '"a"', '"z"', "1"),
    time: oneOf("1500000000000000000", "0", "2500000000000000000", '"x"', "1.5", "-1", "2000000000000000000"),
    foo: oneOf("1"),
  },
  0.35,
);
const constraintsWithKey: Source = (r) => {
  const key = r.pick([`"secret": "secret"`, `"cert": ${verificationKey(r)}`, ""]);
  const rest = constraints(r).slice(1, -1);
  const kept =
    key.startsWith('"cert"') || key.startsWith('"secret"') ? rest.replaceAll(/"(?:cert|secret)":/g, '"time":') : rest;
  const parts = [key, r.chance(0.5) ? "" : kept, '"time": 1500000000000000000'].filter((part) => part !== "");
  return `{${parts.join(", ")}}`.replaceAll(
    /"time": ("[^"]*"[^}]*?|[^,}]*), "time": 1500000000000000000/g,
    '"time": 1500000000000000000',
  );
};
const signHeader = oneOf(
  '{"alg": "HS256"}',
  '{"alg": "HS384"}',
  '{"alg": "HS512", "typ": "JWT"}',
  '{"alg": "RS256"}',
  '{"alg": "EdDSA"}',
  '{"alg": "none"}',
  "{}",
  '{"alg": 1}',
  '{"alg": "HS256", "typ": "text/plain"}',
  '{"alg": "HS256", "x": [1, 2.5, 1000]}',
  '{"alg": "RS512"}',
  '{"typ": "JWT"}',
  '{"alg": "HS256", "a": "<&>"}',
  '{"alg": "foo"}',
);

const pemTexts = [
  pems.leaf,
  pems.root,
  pems.intermediate,
  `${pems.leaf}${pems.intermediate}`,
  `${pems.root}${pems.intermediate}${pems.leaf}`,
  `${pems.intermediate}${pems.leaf}`,
  `${pems.root}${pems.leaf}`,
  `${pems.root}${pems.intermediate}${pems.otherName}`,
  pems.edwards,
  pems.request,
  pems.requestOfIntermediate,
  pems.ecKey,
  pems.rsaKey,
  pems.edwardsKey,
  pems.sec1Key,
  pems.pkcs1Key,
  pems.rsaPublic,
  "",
  "x",
  "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
  "-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n",
  "-----BEGIN CERTIFICATE-----",
  "-----BEGIN FOO-----\nYQ==\n-----END FOO-----\n",
  "YQ==",
  Buffer.from(pems.leaf).toString("base64"),
  pems.leaf.replaceAll(/-----.*-----|\n/g, ""),
  Buffer.from(`${pems.root}${pems.intermediate}${pems.leaf}`).toString("base64"),
  `${pems.root}junk`,
  `junk\n${pems.root}`,
  pems.root.replace("MII", "MIX"),
  Buffer.from(pems.rsaKey).toString("base64"),
  Buffer.from(pems.request).toString("base64"),
  pems.root.replaceAll("\n", "\r\n"),
  `${pems.rsaKey}${pems.ecKey}`,
  `${pems.edwards}${pems.edwards}`,
  pems.root.replace("-----END CERTIFICATE", "-----END CERTIFICAT"),
  pems.rsaKey.replace("PRIVATE KEY-----\n", "PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n"),
];
const pem = either(textOf(pemTexts, 0), textOf(pemTexts, 0.1));
const verifyOptions = objectOf(
  {
    DNSName: oneOf(
      '"www.example.com"',
      '"WWW.example.com"',
      '"other.org"',
      '"10.0.0.1"',
      '"[::1]"',
      '""',
      "1",
      '"a.api.example.com"',
      '"www.example.com."',
    ),
    CurrentTime: oneOf("1800000000000000000", "0", "4000000000000000000", '"x"', "1.5", "9000000000000000000"),
    KeyUsages: either(
      listOf(
        oneOf(
          '"KeyUsageServerAuth"',
          '"KeyUsageAny"',
          '"KeyUsageCodeSigning"',
          '"KeyUsageClientAuth"',
          '"KeyUsageFoo"',
          "1",
        ),
      ),
      setOf(oneOf('"KeyUsageAny"', '"KeyUsageServerAuth"')),
      oneOf("1"),
    ),
    MaxConstraintComparisons: oneOf("0", "1", "-1", "100", '"x"', "1.5"),
    foo: oneOf("1"),
  },
  0.4,
);

const awsRequest = objectOf(
  {
    method: oneOf('"get"', '"POST"', "1"),
    url: oneOf(
      '"https://s3.amazonaws.com/b/k?x=1&a=%20b"',
      '"https://example.com"',
      '"x"',
      '"http://h/\\u00e9//..%2f"',
      "1",
      '"https://h/a b?c d"',
    ),
    body: value,
    raw_body: anyText,
    headers: oneOf('{"X-A": " b  c "}', "{}", '{"host": "h"}', "1", '{"a": ["b"]}', '{"A": 1}'),
  },
  0.75,
);
const awsConfig = objectOf(
  {
    aws_service: oneOf('"s3"', '"es"', '"foo"', "1"),
    aws_access_key: oneOf('"AK"', "1"),
    aws_secret_access_key: oneOf('"SK"'),
    aws_region: oneOf('"us-east-1"'),
    aws_session_token: oneOf('"T"', "1"),
    disable_payload_signing: oneOf("true", "false", "1"),
  },
  0.9,
);

const goValue = oneOf(
  '{"s": "text", "n": 1, "l": [1, "b", null], "o": {"k": "v", "a": 1}, "a": {"b": "c"}, "t": true, "nul": null, "f": 1.5, "big": 12345678901234567890, "neg": -3, "e": []}',
  '{"s": "<&>", "n": 0, "l": [], "o": {}, "a": false, "f": 1e21, "big": 1e400}',
  '{"l": {1, 2}, "o": {"k": {"x": 1}}, "s": "\\u00e9\\u0000", "n": 9007199254740993, "a": "x"}',
  "{}",
);

const sprintfValue = either(
  value,
  oneOf(
    "1",
    "-42",
    "1.5",
    '"text"',
    "true",
    "null",
    '[1, "a"]',
    '{"a": 1}',
    "{1, 2}",
    "65",
    "128512",
    "-1",
    "1e21",
    "12345678901234567890",
    "0",
    '"\\u00e9\\n\\u0000\\""',
    "1e100",
    "0.000001",
    "1114112",
    "100000000000000000000.5",
  ),
);
const number = either(anyNumber, oneOf(...numbers));
const list = either(listOf(value, 5), listOf(number, 5), listOf(text, 5), setOf(value, 5), setOf(number, 5));
const goodSets = setOf(setOf(oneOf("1", "2", "3", '"a"', "[1]"), 4), 4);
const object = either(
  (r) =>
    objectOf({
      a: value,
      b: value,
      c: (i) => objectOf({ a: value, d: value })(i),
      d: (i) => objectOf({ a: value })(i),
    })(r),
  document,
);
const graphqlSchema = textOf(texts.graphqlSchemas, 0.15);
const graphqlQuery = textOf(texts.graphqlQueries, 0.15);
const queryObject = objectOf(
  {
    a: either(text, listOf(text), setOf(text), value),
    "b c": text,
    "\u00e9&=": listOf(text),
    "": text,
    z: oneOf("[]", '["b", "a"]'),
  },
  0.5,
);
const numberText = textOf(
  [
    "",
    "0",
    "1",
    "-1",
    "+1",
    "01",
    "1.5",
    ".5",
    "5.",
    "1E-3",
    "0x1",
    "0x1p-2",
    "0b1",
    "0o7",
    "1_000",
    " 1",
    "1 ",
    "Infinity",
    "inf",
    "-Inf",
    "NaN",
    "nan",
    "1e400",
    "-1e400",
    "1e-400",
    "\u0661",
    "1.7976931348623157e309",
    "9007199254740993",
    "-0",
    "--1",
    "1e",
    "0.1e",
    "1.2.3",
    "0X1F",
    "1e+5",
    "00",
    "1,5",
    "true",
    "null",
    "e1",
    "-",
    "+",
    ".",
    "12345678901234567890.123456789",
  ],
  0.25,
);
const member: Source = either(value, oneOf("1", '"a"', "{1}"));
const metaText = textOf(["*a?[b]{c}\\-,!", ...texts.globs]);

/** OPA keeps templates and patterns in one cache: the same text must not be both. */
function notAPattern(source: Source): Source {
  return (random) => source(random).replace(/^"/, '"t:');
}

/** Arguments that a built-in function has special things to do with; without an entry the declared types are drawn. */
export const domains: Readonly<Record<string, readonly Source[]>> = {
  abs: [number],
  ceil: [number],
  floor: [number],
  round: [number],
  plus: [number, number],
  minus: [either(number, setOf(value)), either(number, setOf(value))],
  mul: [number, number],
  div: [number, number],
  rem: [number, number],
  "bits.and": [number, number],
  "bits.or": [number, number],
  "bits.xor": [number, number],
  "bits.negate": [number],
  "bits.lsh": [number, shift],
  "bits.rsh": [number, shift],
  sum: [either(listOf(number, 5), setOf(number, 5), list)],
  product: [either(listOf(number, 5), list)],
  max: [list],
  min: [list],
  sort: [list],
  count: [either(list, value)],
  "numbers.range": [rangeEnd, rangeEnd],
  "numbers.range_step": [rangeEnd, rangeEnd, rangeEnd],
  format_int: [number, oneOf("2", "8", "10", "16", "3", "1.5", "0", "36")],
  to_number: [either(numberText, value)],
  equal: [member, member],
  neq: [member, member],
  lt: [value, value],
  lte: [value, value],
  gt: [value, value],
  gte: [value, value],
  "internal.member_2": [member, either(value, list)],
  "internal.member_3": [member, member, value],
  "array.slice": [listOf(value, 5), smallNumber, smallNumber],
  "array.concat": [listOf(value), listOf(value)],
  "array.reverse": [listOf(value)],
  "array.flatten": [listOf(either(value, listOf(value)))],
  intersection: [either(goodSets, setOf(setOf(value)))],
  union: [either(goodSets, setOf(setOf(value)))],
  and: [setOf(oneOf("1", "2", '"a"')), setOf(oneOf("1", "2", '"a"'))],
  or: [setOf(value), setOf(value)],
  concat: [text, either(listOf(textOrBytes), setOf(textOrBytes), listOf(value))],
  indexof: [textOrBytes, text],
  indexof_n: [textOrBytes, text],
  "strings.count": [textOrBytes, text],
  replace: [textOrBytes, text, text],
  split: [textOrBytes, text],
  substring: [textOrBytes, smallNumber, smallNumber],
  sprintf: [textOf(texts.formats, 0.3), listOf(sprintfValue, 3)],
  "strings.replace_n": [either(objectOf({ a: text, ab: text, "": text, "\u00e9": text, b: value }, 0.4)), anyText],
  "strings.any_prefix_match": [either(text, listOf(text), setOf(text), value), either(text, listOf(text), setOf(text))],
  "strings.any_suffix_match": [either(text, listOf(text), setOf(text), value), either(text, listOf(text), setOf(text))],
  "strings.render_template": [textOf(texts.goTemplates, 0.2), goValue],
  "internal.template_string": [listOf(either(text, setOf(sprintfValue, 1), value))],
  trim: [textOf(["xxaxx", "\u00e9a\u00e9", "aab", ...words]), textOf(["x", "ax", "\u00e9", "", "\u{1f600}"])],
  trim_space: [textOf([" a ", "\u0085a\u00a0", "\ufeffa", "\t\n\u2003x", "\u200ba", "\u3000"])],
  "regex.match": [pattern, patternText],
  "regex.is_valid": [either(pattern, value)],
  "regex.find_n": [pattern, patternText, count],
  "regex.find_all_string_submatch_n": [pattern, patternText, count],
  "regex.split": [pattern, patternText],
  "regex.replace": [patternText, pattern, textOf(texts.replacements, 0.2)],
  // OPA keeps what it compiled by the template alone: other delimiters would come too late.
  "regex.template_match": [
    notAPattern(textOf(texts.templates, 0.2)),
    notAPattern(textOf([...texts.templates, "urn:foo:bar", "urn:foo:ab:x"], 0.2)),
    oneOf('"{"', '"{"', '"{"', '"\u00e9"', '""', '"{{"'),
    oneOf('"}"', '"}"', '"}"', '"}}"', '""'),
  ],
  "regex.globs_match": [textOf(texts.globsOfIntersection, 0.2), textOf(texts.globsOfIntersection, 0.2)],
  "glob.match": [
    textOf(texts.globs, 0.2),
    either(
      oneOf("null", "[]", '["."]', '["/"]', '["/", ":"]', '[""]', '["ab"]', '["\u00e9"]', '["."]', '[","]', '["*"]'),
      listOf(value),
    ),
    textOf(texts.globTexts, 0.2),
  ],
  "glob.quote_meta": [metaText],
  "time.add_date": [moment, years, years, years],
  "time.clock": [momentAndZone],
  "time.date": [momentAndZone],
  "time.weekday": [momentAndZone],
  "time.diff": [momentAndZone, momentAndZone],
  "time.format": [momentZoneAndLayout],
  "time.parse_duration_ns": [textOf(texts.durations)],
  "time.parse_ns": [textOf(texts.layouts, 0.1), textOf(texts.dates, 0.1)],
  "time.parse_rfc3339_ns": [textOf(texts.dates, 0.3)],
  "units.parse": [textOf(texts.units, 0.1)],
  "units.parse_bytes": [textOf(texts.units, 0.1)],
  "semver.compare": [textOf(texts.versions, 0.2), textOf(texts.versions, 0.2)],
  "semver.is_valid": [either(textOf(texts.versions, 0.3), value)],
  "net.cidr_contains": [network, network],
  "net.cidr_intersects": [network, network],
  "net.cidr_contains_matches": [networkCollection, networkCollection],
  "net.cidr_is_valid": [either(network, value)],
  "net.cidr_merge": [either(listOf(network, 5), setOf(network, 5))],
  "net.cidr_expand": [
    textOf(
      [
        "10.0.0.0/30",
        "10.0.0.1",
        "10.0.0.5/29",
        "2001:db8::/126",
        "::ffff:10.0.0.0/126",
        "::/128",
        "255.255.255.252/30",
        "x",
        "10.0.0.0/33",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127",
        "1.2.3.4/32",
        "::ffff:1.2.3.4/127",
      ],
      0,
    ),
  ],
  "base64.decode": [textOf(texts.base64Texts)],
  "base64.is_valid": [either(textOf(texts.base64Texts), value)],
  "base64url.decode": [textOf(texts.base64Texts)],
  "hex.decode": [textOf(texts.hexTexts)],
  "urlquery.decode": [textOf(texts.queries)],
  "urlquery.decode_object": [textOf(texts.queries)],
  "urlquery.encode": [textOf([...texts.queries, "a~b!c'(d)*e", "/?#[]@$", ...words])],
  "urlquery.encode_object": [queryObject],
  "json.is_valid": [either(json, value)],
  "json.unmarshal": [json],
  "json.marshal": [either(value, document)],
  "json.marshal_with_options": [
    either(value, document),
    objectOf({
      pretty: oneOf("true", "false", "1"),
      indent: oneOf('"  "', '"\\t"', '"x"', "1", '""'),
      prefix: oneOf('"> "', '""', "null"),
      foo: oneOf("1"),
    }),
  ],
  "json.filter": [document, pathCollection],
  "json.remove": [document, pathCollection],
  "json.patch": [document, listOf(patch, 3)],
  "json.match_schema": [either(instance, instance, json), either(schema, formatSchema)],
  "json.verify_schema": [schema],
  "yaml.is_valid": [either(textOf(texts.yamlTexts, 0.3), value)],
  "yaml.unmarshal": [textOf(texts.yamlTexts, 0.3)],
  "yaml.marshal": [
    either(
      value,
      document,
      textOf(
        [
          ...texts.yamlTexts,
          ...texts.jsonTexts,
          "yes",
          "1",
          "null",
          "~",
          "a: b",
          "- a",
          "#x",
          "x #y",
          "2024-01-01",
          " a",
          "a ",
          "a\n",
          "\na",
          "a\nb\n",
          "0x1",
          "=",
          "<<",
          "on",
          "?",
          "&a",
          "*a",
          "!a",
          "|",
          ">",
          "%",
          "@",
          "`",
          "'",
          '"',
          "a'b",
          "\u0085",
          "\ufeff",
          "\u0007",
          "1:30",
          ".inf",
          "1_0",
          "-",
          "--- a",
          "...",
          "0o7",
          "012",
          "+1",
          "a:",
          ":a",
          ",",
          "[a",
          "{a",
          "\ta",
          "a\tb",
        ],
        0.1,
      ),
    ),
  ],
  "object.get": [
    object,
    either(oneOf('"a"', '"b"', '["c", "a"]', "[]", '["c"]', '["a", 0]', '["c", "d", "e"]'), value),
    value,
  ],
  "object.filter": [object, either(listOf(oneOf('"a"', '"b"', "1")), setOf(oneOf('"a"', '"c"')), object, value)],
  "object.remove": [object, either(listOf(oneOf('"a"', '"b"', "1")), setOf(oneOf('"a"', '"c"')), object, value)],
  "object.keys": [object],
  "object.union": [object, object],
  "object.union_n": [listOf(object)],
  "object.subset": [
    either(object, list, listOf(oneOf("1", "2", '"a"'), 5)),
    either(object, list, listOf(oneOf("1", "2", '"a"')), setOf(oneOf("1", "2"))),
  ],
  "graph.reachable": [graph, nodes],
  "graph.reachable_paths": [graph, nodes],
  walk: [document],
  "uuid.parse": [textOf(texts.uuids, 0.3)],
  "graphql.is_valid": [either(graphqlQuery, value), either(graphqlSchema, graphqlSchema)],
  "graphql.parse": [graphqlQuery, graphqlSchema],
  "graphql.parse_and_verify": [graphqlQuery, graphqlSchema],
  "graphql.parse_query": [graphqlQuery],
  "graphql.parse_schema": [graphqlSchema],
  "graphql.schema_is_valid": [either(graphqlSchema, value)],
  "rego.parse_module": [oneOf('"a.rego"', '""', '"x"'), textOf(texts.modules, 0.3)],
  "crypto.hmac.equal": [textOrBytes, textOrBytes],
  "crypto.md5": [textOrBytes],
  "crypto.sha1": [textOrBytes],
  "crypto.sha256": [textOrBytes],
  "crypto.hmac.md5": [textOrBytes, textOrBytes],
  "crypto.hmac.sha1": [textOrBytes, textOrBytes],
  "crypto.hmac.sha512": [textOrBytes, textOrBytes],
  "base64.encode": [textOrBytes],
  "base64url.encode": [textOrBytes],
  "base64url.encode_no_pad": [textOrBytes],
  "hex.encode": [textOrBytes],
  startswith: [textOrBytes, textOrBytes],
  contains: [textOrBytes, textOrBytes],
  "crypto.hmac.sha256": [textOrBytes, textOrBytes],
  "crypto.x509.parse_certificates": [pem],
  "crypto.x509.parse_and_verify_certificates": [pem],
  "crypto.x509.parse_and_verify_certificates_with_options": [pem, verifyOptions],
  "crypto.x509.parse_certificate_request": [pem],
  "crypto.x509.parse_rsa_private_key": [pem],
  "crypto.parse_private_keys": [pem],
  "crypto.x509.parse_keypair": [pem, pem],
  "io.jwt.decode": [token],
  "io.jwt.decode_verify": [token, constraintsWithKey],
  "io.jwt.encode_sign": [
    signHeader,
    either(oneOf(...tokenPayloads.filter((p) => p.startsWith("{") && p.endsWith("}"))), value),
    oneOf(...privateJwks),
  ],
  "io.jwt.encode_sign_raw": [
    either(asText(signHeader), textOf(tokenHeaders.filter((header) => !/[EP]S256/.test(header)))),
    textOf(tokenPayloads),
    textOf(privateJwks, 0.05),
  ],
  "io.jwt.verify_hs256": [token, oneOf('"secret"', '""', '"x"')],
  "io.jwt.verify_hs384": [token, oneOf('"secret"', '"x"')],
  "io.jwt.verify_hs512": [token, oneOf('"secret"', '"x"')],
  "io.jwt.verify_rs256": signJwt,
  "io.jwt.verify_rs384": signJwt,
  "io.jwt.verify_rs512": signJwt,
  "io.jwt.verify_ps256": signJwt,
  "io.jwt.verify_ps384": signJwt,
  "io.jwt.verify_ps512": signJwt,
  "io.jwt.verify_es256": signJwt,
  "io.jwt.verify_es384": signJwt,
  "io.jwt.verify_es512": signJwt,
  "io.jwt.verify_eddsa": signJwt,
  "providers.aws.sign_req": [awsRequest, awsConfig, moment],
};
