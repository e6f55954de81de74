import { aggregates } from "./aggregates.ts";
import { arithmetic } from "./arithmetic.ts";
import { aws } from "./aws.ts";
import { type Builtin, type BuiltinTable, withName } from "./builtin.ts";
import { cidr } from "./cidr.ts";
import { collections } from "./collections.ts";
import { conversions } from "./conversions.ts";
import { crypto } from "./crypto.ts";
import { encodings } from "./encodings.ts";
import { graph, walk, walkValues } from "./graph.ts";
import { graphql } from "./graphql/graphql.ts";
import { jsonPatch } from "./json-patch.ts";
import { jsonPaths } from "./json-paths.ts";
import { jsonText } from "./json-text.ts";
import { jwt } from "./jwt/jwt.ts";
import { misc } from "./misc.ts";
import { objects } from "./objects.ts";
import { glob } from "./pattern/glob.ts";
import { regex } from "./pattern/regex.ts";
import { jsonSchema } from "./schema/json-schema.ts";
import { semver } from "./semver.ts";
import { signatures } from "./signatures.ts";
import { strings } from "./strings.ts";
import { template } from "./template/template.ts";
import { time } from "./time/time.ts";
import { units } from "./units.ts";
import { uuid } from "./uuid.ts";
import { x509 } from "./x509/x509.ts";
import { yaml } from "./yaml/yaml.ts";

export { type Builtin, type BuiltinContext, BuiltinError, type BuiltinErrorCode } from "./builtin.ts";
export { signatures } from "./signatures.ts";
export type { FunctionType, RegoType } from "./types.ts";

const tables: readonly BuiltinTable[] = [
  aggregates,
  arithmetic,
  aws,
  cidr,
  collections,
  conversions,
  crypto,
  encodings,
  glob,
  graph,
  graphql,
  jsonPatch,
  jsonPaths,
  jsonSchema,
  jsonText,
  jwt,
  misc,
  objects,
  regex,
  semver,
  strings,
  template,
  time,
  units,
  uuid,
  x509,
  yaml,
];

const deprecated = new Set([
  "all",
  "any",
  "cast_array",
  "cast_boolean",
  "cast_null",
  "cast_object",
  "cast_set",
  "cast_string",
  "net.cidr_overlap",
  "re_match",
  "set_diff",
]);

const nondeterministic = new Set([
  "io.jwt.decode_verify",
  "io.jwt.encode_sign",
  "io.jwt.encode_sign_raw",
  "rand.intn",
  "time.now_ns",
  "uuid.rfc4122",
]);

function toBuiltins(): Map<string, Builtin> {
  const built = new Map<string, Builtin>();
  for (const table of tables) {
    for (const [name, evaluate] of Object.entries(table)) {
      const type = signatures[name];
      if (type === undefined) throw new Error(`built-in ${name} has no declared type`);
      built.set(name, {
        name,
        type,
        evaluate: withName(name, evaluate),
        ...(deprecated.has(name) ? { deprecated: true } : {}),
        ...(nondeterministic.has(name) ? { nondeterministic: true } : {}),
      });
    }
  }
  return built.set("walk", walkBuiltin());
}

/** `walk(value)` gives `[path, part]` for every part of a value; called for one result it gives the first. */
function walkBuiltin(): Builtin {
  const type = signatures.walk;
  if (type === undefined) throw new Error("built-in walk has no declared type");
  return {
    name: "walk",
    type,
    evaluate: (args) => [[], args[0] ?? null],
    relation: true,
    iterate: ([value]) => (value === undefined ? [] : walk(value)),
    iterateValues: ([value]) => (value === undefined ? [] : walkValues(value)),
  };
}

/** OPA's built-in functions and operators by name, with OPA's declared types. */
export const builtins: ReadonlyMap<string, Builtin> = toBuiltins();
