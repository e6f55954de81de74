import { RegoError } from "../../errors.ts";
import type { Value } from "../../value/index.ts";
import type { BuiltinTable } from "../builtin.ts";
import { anyOperand, stringOperand } from "../operands.ts";
import { parseYaml } from "./read.ts";
import { formatYaml } from "./write.ts";

function isValid(args: readonly Value[]): Value {
  const text = anyOperand(args, 1);
  if (typeof text !== "string") return false;
  try {
    parseYaml(text);
    return true;
  } catch (thrown) {
    if (thrown instanceof RegoError && thrown.code === "eval_builtin_error") return false;
    throw thrown;
  }
}

export const yaml: BuiltinTable = {
  "yaml.marshal": (args) => formatYaml(anyOperand(args, 1)),
  "yaml.unmarshal": (args) => parseYaml(stringOperand(args, 1)),
  "yaml.is_valid": isValid,
};
