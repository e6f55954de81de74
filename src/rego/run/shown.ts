import { RegoError } from "../errors.ts";
import { formatValue, isList, RegoSet, typeName, type Value } from "../value/index.ts";

const name = "internal.template_string";
const undefinedText = "<undefined>";

/** What `print` shows: each combination of the values, where an argument has several. */
export function* combinations(captures: readonly RegoSet[], index = 0): Iterable<string[]> {
  const capture = captures[index];
  if (capture === undefined) {
    yield [];
    return;
  }
  const texts = capture.size === 0 ? [undefinedText] : capture.values().map(toText);
  for (const text of texts) for (const rest of combinations(captures, index + 1)) yield [text, ...rest];
}

/**
 * A template string's text; undefined where a part has several values. Throws `RegoError` (eval_type_error,
 * eval_internal_error) for what no template has, where `internal.template_string` is called by its name.
 */
export function fillTemplate(parts: Value): string | undefined {
  if (!isList(parts)) {
    throw new RegoError("eval_type_error", `${name}: operand 1 must be array but got ${typeName(parts)}`);
  }
  let text = "";
  for (const part of parts) {
    if (!(part instanceof RegoSet)) text += toPlainText(part);
    else if (part.size > 1) return undefined;
    else {
      const [value] = part.values();
      text += value === undefined ? undefinedText : toText(value);
    }
  }
  return text;
}

/** A part that is no set is written as it is: lists and objects never are. */
function toPlainText(part: Value): string {
  const type = typeName(part);
  if (type !== "array" && type !== "object") return toText(part);
  throw new RegoError("eval_internal_error", `illegal argument type: ${type}`);
}

function toText(value: Value): string {
  return typeof value === "string" ? value : formatValue(value);
}
