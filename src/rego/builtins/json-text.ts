import { RegoError } from "../errors.ts";
import { assertJsonSize, formatValue, parseJson, toJsonText, typeName, type Value } from "../value/index.ts";
import type { BuiltinTable } from "./builtin.ts";
import { anyOperand, objectOperand, stringOperand, toOperandError } from "./operands.ts";

/** Whether a text is JSON. */
export function isJson(text: string): boolean {
  try {
    assertJsonSize(text);
    JSON.parse(text);
    return true;
  } catch (thrown) {
    if (thrown instanceof RegoError) throw thrown;
    // Not JSON: that is the answer.
    return false;
  }
}

interface MarshalOptions {
  prefix: string;
  indent: string;
  pretty: boolean | undefined;
}

function marshalOptions(args: readonly Value[]): MarshalOptions {
  const options: MarshalOptions = { prefix: "", indent: "\t", pretty: undefined };
  let isImplied = false;
  for (const [index, [key, value]] of objectOperand(args, 2).entries().entries()) {
    if (typeof key !== "string") {
      const reason = `operand ${index} must be string but got ${typeName(key)}`;
      throw toOperandError(2, `failed to stringify key ${formatValue(key)} at index ${index}: ${reason}`);
    }
    if (key === "prefix" || key === "indent") {
      if (typeof value !== "string") {
        const reason = `operand ${index} must be string but got ${typeName(value)}`;
        throw toOperandError(2, `key ${JSON.stringify(key)} failed cast to string: ${reason}`);
      }
      options[key] = value;
      isImplied = true;
    } else if (key === "pretty") {
      if (typeof value !== "boolean") throw toOperandError(2, `key ${JSON.stringify(key)} failed cast to bool`);
      options.pretty = value;
    } else throw toOperandError(2, `object contained unknown key ${JSON.stringify(key)}`);
  }
  options.pretty ??= isImplied;
  return options;
}

function marshalWithOptions(args: readonly Value[]): Value {
  const { prefix, indent, pretty } = marshalOptions(args);
  const value = anyOperand(args, 1);
  return pretty === true ? prefix + toJsonText(value, { prefix, indent }) : toJsonText(value);
}

function isValid(args: readonly Value[]): Value {
  const text = anyOperand(args, 1);
  return typeof text === "string" && isJson(text);
}

export const jsonText: BuiltinTable = {
  "json.marshal": (args) => toJsonText(anyOperand(args, 1)),
  "json.marshal_with_options": marshalWithOptions,
  "json.unmarshal": (args) => parseJson(stringOperand(args, 1)),
  "json.is_valid": isValid,
};
