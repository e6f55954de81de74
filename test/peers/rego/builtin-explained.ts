import { type BuiltinAnswer, type BuiltinCall, type BuiltinDifference, show } from "./builtin-batch.ts";

/** A difference that stays, and why. */
export interface BuiltinExplanation {
  reason: string;
  /** A call whose difference has this explanation and no earlier one. */
  example: BuiltinCall;
  names: RegExp;
  /** Both sides have to fail, with one code and with the function's name before the message. */
  bothFail?: true;
  /** What the texts of both answers begin with: the same text. */
  sameStart?: RegExp;
  /** What the texts of both answers have to be like; any, where one is missing. */
  opa?: RegExp;
  engine?: RegExp;
  /** What the call has to be like, its arguments in a row. */
  args?: RegExp;
}

export const builtinExplanations: readonly BuiltinExplanation[] = [
  {
    reason: "what is wrong in an X.509 structure is said in other words than Go's",
    example: { name: "crypto.x509.parse_certificate_request", args: ['"YQ=="'] },
    names: /^crypto\.|^io\.jwt\./,
    bothFail: true,
    opa: /_error: [\w.]+: (?:failed to parse a PEM \w+(?: \w+)?: )?(?:asn1|x509|tls|crypto\/\w+|PKCS|illegal base64|failed to|error|public key|no PEM|failed|extra data|input PEM|ed25519)/,
  },
  {
    reason: "OPA takes a key of Ed25519 for the secret of an HMAC; here it is none",
    example: {
      name: "io.jwt.encode_sign",
      args: [
        '{"alg": "HS256"}',
        "{}",
        '{"kty": "OKP", "crv": "Ed25519", "d": "30K3iFu7hn1TrA3-ll3_DFK94kJIs2WT3PM4HbJS5MA", "x": "Ybj4btAaxlDz8snPuP8aT649C5_F618QR7bJJ_N3bQA"}',
      ],
    },
    names: /^io\.jwt\.(?:encode_sign|decode_verify)/,
    engine: /okpPrivateKey|\[false,\{\},\{\}\]/,
    args: /OKP/,
  },
  {
    reason: "a key that does not fit the algorithm, or whose numbers are none, is named in other words",
    example: { name: "io.jwt.encode_sign", args: ['{"alg": "RS256"}', "{}", '{"kty": "oct", "k": "c2VjcmV0"}'] },
    names: /^io\.jwt\./,
    opa: /_error: [\w.]+: (?:jwsbb\.Sign|jwk\.Export|failed to parse a JWK|jwk\.Parse)/,
    engine:
      /_error: [\w.]+: (?:jwsbb\.Sign|failed to parse a JWK|jwk\.Parse|alg: must be a string)|^false$|^\[false,\{\},\{\}\]$/,
  },
  {
    reason: "OPA reads the header to sign, and keys, up to the end of the first JSON value, whatever comes behind it",
    example: { name: "io.jwt.verify_rs256", args: ['"eyJhbGciOiJIUzI1NiJ9.e30.YQ"', '"{\\"keys\\":[]}{}"'] },
    names: /^io\.jwt\./,
    engine: /after top-level value/,
  },
  {
    reason: "OPA's reader of a header to sign has words of its own for what is no JSON",
    example: {
      name: "io.jwt.encode_sign_raw",
      args: ['"{\\"alg\\""', '"{}"', '"{\\"kty\\":\\"oct\\",\\"k\\":\\"YQ\\"}"'],
    },
    names: /^io\.jwt\.encode_sign_raw$/,
    bothFail: true,
    opa: /missing or invalid 'alg' header|unknown JWS algorithm/,
    engine: /missing or invalid 'alg' header|unknown JWS algorithm/,
  },
  {
    reason: "what is no JSON is refused by both; Go names bytes, and sometimes another place",
    example: { name: "json.unmarshal", args: ['"\\"a\\nb\\""'] },
    names: /^json\.|^io\.jwt\.|^graphql\./,
    bothFail: true,
    opa: /_error: [\w.]+: .*(?:invalid character|unexpected EOF|EOF$|invalid JSON|unexpected end)/,
    engine: /_error: [\w.]+: .*(?:invalid character|unexpected EOF|EOF$|invalid JSON|unexpected end)/,
  },
  {
    reason: "the problem of YAML that is met first is named in the words of another reader",
    example: { name: "yaml.unmarshal", args: ['"@a"'] },
    names: /^yaml\.unmarshal$/,
    bothFail: true,
    opa: /_error: yaml\.unmarshal: (?:yaml: |error |json: |unsupported map key)/,
  },
  {
    reason: "U+0085, U+2028 and U+2029 end lines for OPA's reader and writer of YAML in places of their own",
    example: { name: "yaml.unmarshal", args: ['"\\u2028"'] },
    names: /^yaml\./,
    args: /\u0085|\u2028|\u2029|\\u2028/,
  },
  {
    reason: "a tag with an exclamation mark in its name is refused here, and makes a text in OPA",
    example: { name: "yaml.unmarshal", args: ['"!!!str 1"'] },
    names: /^yaml\./,
    args: /^"!\S*!/,
    opa: /^"|^true$/,
    engine: /Could not resolve tag|^false$/,
  },
  {
    reason: "a question mark that begins a key in brackets is one more problem to OPA",
    example: { name: "yaml.unmarshal", args: ['"[?? a : b]"'] },
    names: /^yaml\./,
    args: /\[\?|\{\?|, \?/,
    opa: /_error: yaml\.unmarshal: yaml: |^false$/,
  },
  {
    reason:
      "half of a surrogate pair in a text of Rego is U+FFFD to OPA, which it finds in bytes that are no characters",
    example: { name: "indexof_n", args: ['base64.decode("/w==")', '"\\ud83d"'] },
    names: /^indexof/,
    args: /(?:base64|hex)\.decode.*\\ud[89a-f]/i,
  },
  {
    reason: "numbers that no double holds make no schema in OPA",
    example: { name: "json.verify_schema", args: ['{"const": 1e400}'] },
    names: /^json\.(?:verify|match)_schema$/,
    opa: /cannot unmarshal number \S+ into Go value of type float64/,
  },
  {
    reason: "networks of IPv4 that are written as IPv6 are not merged with others in OPA",
    example: { name: "net.cidr_merge", args: ['["::ffff:10.0.0.0/104", "10.128.0.0/9", "fe80::/10"]'] },
    names: /^net\.cidr_merge$/,
    args: /"::ffff:/i,
    opa: /^\[/,
    engine: /^\[/,
  },
  {
    reason: "an alias inside of its own anchor is a value too deep here, and no YAML for OPA",
    example: { name: "yaml.is_valid", args: ['"- &a [*a]"'] },
    names: /^yaml\.(?:is_valid|unmarshal)$/,
    opa: /^false$|_error: yaml\.unmarshal: yaml: anchor '.*' value contains itself/,
    engine: /^limit_depth/,
  },
  {
    reason: "numbers as texts: OPA remembers how a number was written (2.0 is no integer to it)",
    example: { name: "substring", args: ['"abc"', "1.0", "2"] },
    names: /./,
    args: /-0\b|\d\.\d*0\b|\d\.0+\b|\de[+-]?\d/i,
    opa: /must be integer number|must be one of|must be of an integer|float64=|could not convert time_ns/,
  },
  {
    reason: "OPA makes numbers of these texts that are no JSON",
    example: { name: "to_number", args: ['"1_000"'] },
    names: /^to_number$/,
    opa: /^"no JSON: /,
    engine: /^-?\d/,
  },
  {
    reason: "years, months and days beyond 10^9 run over in OPA",
    example: { name: "time.add_date", args: ["1711846800000000000", "31", "9223372036854775807", "1"] },
    names: /^time\.add_date$/,
    args: /, -?\d{10}/,
  },
  {
    reason: "of several problems of a time another one is named",
    example: { name: "time.parse_ns", args: ['"Z0700"', '"9999-12-31T23:59:59Z"'] },
    names: /^time\.parse_ns$/,
    bothFail: true,
    opa: /_error: time\.parse_ns: parsing time/,
    engine: /_error: time\.parse_ns: parsing time/,
  },
  {
    reason: "of equal keys of a header to sign OPA takes the first one",
    example: {
      name: "io.jwt.encode_sign_raw",
      args: ['"{\\"alg\\":\\"HS256\\",\\"alg\\":\\"none\\"}"', '"{}"', '"{\\"kty\\":\\"oct\\",\\"k\\":\\"YQ\\"}"'],
    },
    names: /^io\.jwt\.encode_sign_raw$/,
    args: /^"\{\\"alg\\".*\\"alg\\"/,
  },
  {
    reason: "abbreviations of zones, and offsets before standard time, are Node's",
    example: { name: "time.clock", args: ['[-9223372036854775808, "EST5EDT"]'] },
    names: /^time\./,
    args: /"[A-Za-z]+(?:\/\w+)?[+-]?\d*"|EST5EDT/,
    opa: /^"|^\[\d/,
    engine: /^"|^\[\d/,
  },
  {
    reason: "the parser's messages are without the row of the text, and a parser's first problem may be another one",
    example: { name: "rego.parse_module", args: ['"x"', '"\\u00e9"'] },
    names: /^rego\.parse_module$/,
    bothFail: true,
    opa: /rego_(?:parse|compile)_error/,
    engine: /rego_(?:parse|compile)_error/,
  },
  {
    reason: "numbers of a template's value have a type of their own in Go, which printf names",
    example: { name: "strings.render_template", args: ['"{{printf \\"%T\\" .n}}"', '{"n": 1}'] },
    names: /^strings\.render_template$/,
    opa: /json\.Number/,
  },
  {
    reason: "1.0 in a template is no whole number to Go",
    example: { name: "strings.render_template", args: ['"{{lt 1 1.0}}"', "{}"] },
    names: /^strings\.render_template$/,
    args: /\d\.\d/,
    opa: /incompatible types for comparison/,
  },
  {
    reason: "a template that is wrong where it is not evaluated is refused by OPA",
    example: { name: "strings.render_template", args: ['"{{if .a}}{{foo}}{{end}}"', "{}"] },
    names: /^strings\.render_template$/,
    opa: /template: template:1: |template: pattern|undefined variable/,
    engine: /^"/,
  },
  {
    reason: "messages of Go's templates name the place, and the value's type in Go",
    example: { name: "strings.render_template", args: ['"{{len 3}}"', "{}"] },
    names: /^strings\.render_template$/,
    bothFail: true,
    opa: /template: |template execution|undefined variable/,
  },
  {
    reason: "OPA suggests names that are like a wrong one, and orders a query's problems otherwise",
    example: { name: "graphql.parse", args: ['"{ b }"', '"type Query { a: Int }"'] },
    names: /^graphql\.(?:parse|parse_query|parse_schema)$/,
    bothFail: true,
    opa: / in GraphQL string at location |error|Unknown|Cannot/,
  },
  {
    reason: "fields of a tree that GraphQL does not have are kept here",
    example: { name: "graphql.parse_and_verify", args: ['{"a.b": 1}', '"type Query { a: Int }"'] },
    names: /^graphql\./,
    args: /^\{/,
  },
  {
    reason: "a glob's or a pattern's problem is named in other words, or at another place",
    example: { name: "glob.match", args: ['"[a-]"', "[]", '"a"'] },
    names: /^glob\.match$|^regex\./,
    bothFail: true,
  },
  {
    reason: "an empty class is met by a dot in OPA",
    example: { name: "regex.globs_match", args: ['"[]"', '"."'] },
    names: /^regex\.globs_match$/,
    args: /\[\]/,
  },
  {
    reason: "of several problems of a schema or a patch another one is named, or with other quotes",
    example: { name: "json.patch", args: ["{{1}}", '[{"op": "add", "path": "/c/2", "value": 1}]'] },
    names: /^json\.(?:match_schema|verify_schema|patch|remove|filter)$/,
    sameStart: /^(?:eval_\w+_error: json\.\w+: |\[false,)/,
  },
  {
    reason: "bytes that are no characters are ordered behind all characters, and are no JSON of their own in keys",
    example: { name: "concat", args: ['"\\u00e9"', '{"\\u00e9", hex.decode("c328")}'] },
    names: /./,
    args: /base64\.decode|hex\.decode/,
    opa: /\ufffd|\\ufffd/,
  },
  {
    reason: "a path that is not in its shortest form, or has spaces, is signed in another form",
    example: {
      name: "providers.aws.sign_req",
      args: [
        '{"method": "get", "url": "https://h/a b?c d"}',
        '{"aws_service": "foo", "aws_access_key": "AK", "aws_secret_access_key": "SK", "aws_region": "r"}',
        "1",
      ],
    },
    names: /^providers\.aws\.sign_req$/,
    args: /"https:\/\/h\/a b\?c d"|\/\/\.\.%2f/,
    opa: /^\{/,
  },
  {
    reason: "of several problems of networks another one is named",
    example: { name: "net.cidr_contains_matches", args: ['["10.0.0/8"]', '["10.0.0.0", []]'] },
    names: /^net\.cidr_contains_matches$/,
    opa: /_error: net\.cidr_contains_matches: /,
    engine: /_error: net\.cidr_contains_matches: /,
  },
  {
    reason: "half of a surrogate pair in an escape of YAML is U+FFFD here",
    example: { name: "yaml.is_valid", args: ['"\\"\\\\ud800\\""'] },
    names: /^yaml\./,
    args: /\\\\ud[89a-f]/i,
  },
  {
    reason: "a unit is named by bytes in OPA",
    example: { name: "units.parse", args: ['"5.\\u00b5"'] },
    names: /^units\./,
    bothFail: true,
    opa: /not recognized/,
    engine: /not recognized/,
  },
];

/** The first explanation of a difference. */
export function explain({ call, opa, engine }: BuiltinDifference): BuiltinExplanation | undefined {
  const [theirs, ours, args] = [show(opa), show(engine), call.args.join(", ")];
  return builtinExplanations.find(
    (known) =>
      known.names.test(call.name) &&
      (known.bothFail !== true || failAlike(call, opa, engine)) &&
      (known.sameStart === undefined || haveSameStart(known.sameStart, theirs, ours)) &&
      (known.opa?.test(theirs) ?? true) &&
      (known.engine?.test(ours) ?? true) &&
      (known.args?.test(args) ?? true),
  );
}

function failAlike({ name }: BuiltinCall, opa: BuiltinAnswer, engine: BuiltinAnswer): boolean {
  const isNamed = ({ message }: BuiltinAnswer): boolean => message?.startsWith(`${name}: `) === true;
  return opa.code !== undefined && opa.code === engine.code && isNamed(opa) && isNamed(engine);
}

function haveSameStart(start: RegExp, theirs: string, ours: string): boolean {
  const found = start.exec(theirs)?.[0];
  return found !== undefined && found === start.exec(ours)?.[0];
}
