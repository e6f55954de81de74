import { isIPv4, isIPv6 } from "node:net";
import { RegoErrors } from "../errors.ts";
import { parseModule, toAstJson } from "../syntax/index.ts";
import { fromJson, numberFromText, RegoObject, RegoSet, reserve, spend, type Value } from "../value/index.ts";
import { type BuiltinTable, toFailure } from "./builtin.ts";
import { stringOperand } from "./operands.ts";

/** What a module's tree and its JSON take: so much for each character where tokens are short. */
const bytesPerCharacter = 700;
/** What reading a token costs, with the terms that it is part of. */
const unitsPerToken = 4;

/** A module's tree as OPA's JSON has it. Throws `BuiltinError` with the parser's messages. */
function parseRegoModule(args: readonly Value[]): Value {
  const file = stringOperand(args, 1);
  // OPA's message names operand 1 for both.
  const text = stringOperand(args.slice(1), 1);
  reserve(text.length * bytesPerCharacter);
  try {
    const options = { spend: (tokens: number) => spend(tokens * unitsPerToken) };
    const module = parseModule(file, text, { ...options, annotations: false });
    return fromJson(toAstJson(module, { ...options, number: numberFromText }));
  } catch (thrown) {
    throw thrown instanceof RegoErrors ? toFailure(thrown.message) : thrown;
  }
}

/** Only addresses: names would need the network, which policies do not have. */
function lookUpAddress(args: readonly Value[]): Value {
  const name = stringOperand(args, 1);
  if (isIPv4(name) || isIPv6(name)) return RegoSet.from([name]);
  throw toFailure(`expected an IP address, got ${JSON.stringify(name)}: names are not looked up`);
}

function onlyInRules(name: string): () => Value {
  return () => {
    throw toFailure(`the ${name} function must only be called within the scope of a rule`);
  };
}

export const misc: BuiltinTable = {
  "net.lookup_ip_addr": lookUpAddress,
  /** Nothing of the environment is shown to policies. */
  "opa.runtime": () => RegoObject.empty,
  "rego.parse_module": parseRegoModule,
  "rego.metadata.chain": onlyInRules("rego.metadata.chain"),
  "rego.metadata.rule": onlyInRules("rego.metadata.rule"),
  trace: (args) => {
    stringOperand(args, 1);
    return true;
  },
};
