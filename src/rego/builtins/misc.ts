import { isIPv4, isIPv6 } from "node:net";
import { RegoError, RegoErrors } from "../errors.ts";
import { parseModule, toAstJson } from "../syntax/index.ts";
import { fromJson, RegoObject, RegoSet, spend, type Value } from "../value/index.ts";
import { type BuiltinTable, toFailure } from "./builtin.ts";
import { stringOperand } from "./operands.ts";

/** Reading a module cannot be interrupted: longer ones, and more text in METADATA blocks, are refused. */
const maxModuleLength = 256 * 1024;
const maxMetadataLength = 256 * 1024;
const maxMetadataBlocks = 2_000;

/** A module's tree as OPA's JSON has it. Throws `BuiltinError` with the parser's messages. */
function parseRegoModule(args: readonly Value[]): Value {
  const file = stringOperand(args, 1);
  // OPA's message names operand 1 for both.
  const text = stringOperand(args.slice(1), 1);
  assertModuleSize(text);
  // Each character costs about as much as a step: whoever evaluates looks at the clock before and after.
  spend(text.length);
  try {
    return fromJson(toAstJson(parseModule(file, text)));
  } catch (thrown) {
    if (thrown instanceof RegoErrors) throw toFailure(thrown.message);
    if (thrown instanceof RegoError) throw toFailure(`1 error occurred: ${String(thrown)}`);
    throw thrown;
  }
}

/**
 * A METADATA block goes on to the end of the comments below it, and comments in it may begin blocks of their own: what is read
 * grows with the square of such a run of comments.
 */
function assertModuleSize(text: string): void {
  const refuse = (what: string): Error => new RegoError("limit_output", `expected a module with at most ${what}`);
  if (text.length > maxModuleLength) throw refuse(`${maxModuleLength} characters`);
  let blocks = 0;
  let inRun = 0;
  let total = 0;
  for (const line of text.split("\n")) {
    if (!line.startsWith("#")) {
      inRun = 0;
      continue;
    }
    total += inRun * line.length;
    if (!/^#\s*METADATA/.test(line)) continue;
    inRun += 1;
    blocks += 1;
  }
  if (blocks > maxMetadataBlocks) throw refuse(`${maxMetadataBlocks} METADATA blocks`);
  if (total > maxMetadataLength) throw refuse(`${maxMetadataLength} characters in METADATA blocks`);
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
