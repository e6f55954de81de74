import { formatValue, RegoSet, type Value } from "../value/index.ts";

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

/** A template string's text; undefined where a part has several values. */
export function fillTemplate(parts: readonly Value[]): string | undefined {
  let text = "";
  for (const part of parts) {
    if (!(part instanceof RegoSet)) text += toText(part);
    else if (part.size > 1) return undefined;
    else {
      const [value] = part.values();
      text += value === undefined ? undefinedText : toText(value);
    }
  }
  return text;
}

function toText(value: Value): string {
  return typeof value === "string" ? value : formatValue(value);
}
