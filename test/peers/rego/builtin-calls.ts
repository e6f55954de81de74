import { builtins } from "../../../src/rego/index.ts";
import type { BuiltinCall } from "./builtin-batch.ts";
import { domains } from "./builtin-domains.ts";
import { ofType, type Source, value } from "./builtin-sources.ts";
import type { Random } from "./random.ts";

/** Built-in functions that are not compared, and why. */
export const notCompared: Readonly<Record<string, string>> = {
  assign: "an operator that binds",
  eq: "an operator that binds",
  "http.send": "reaches outside",
  "net.lookup_ip_addr": "reaches outside",
  "opa.runtime": "tells of the process",
  "rand.intn": "another number each time",
  "uuid.rfc4122": "another one each time",
  "time.now_ns": "another moment each time",
  "rego.metadata.chain": "replaced by the compiler",
  "rego.metadata.rule": "replaced by the compiler",
  "internal.print": "written by the compiler",
  "internal.template_string": "written by the compiler",
  "internal.test_case": "written by the compiler",
  print: "replaced by the compiler",
};

/** Of these, arguments of other types are part of the domain: large numbers would take OPA for ever. */
const hasOwnMistakes = /^numbers\.range|^bits\.lsh$/;

/** Names of the functions that are called: all that modules of version 1 may use. */
export function comparedNames(): string[] {
  return [...builtins.values()]
    .filter(({ name, deprecated }) => deprecated !== true && !Object.hasOwn(notCompared, name))
    .map(({ name }) => name);
}

/** A call with arguments that its function has special things to do with; one of ten has one of any type. */
export function drawCall(name: string, random: Random): BuiltinCall {
  const types = builtins.get(name)?.type.args ?? [];
  const sources: Source[] = types.map((type, position) => domains[name]?.[position] ?? ofType(type));
  const args = sources.map((source) => source(random));
  const isMistaken = args.length > 0 && !hasOwnMistakes.test(name) && random.chance(0.1);
  if (isMistaken) args[random.below(args.length)] = value(random);
  return { name, args };
}
