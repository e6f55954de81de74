import type { ExpressionIndex } from "./expression-index.ts";
import type { ShownValue } from "./failure-values.ts";

/**
 * Draws values below the expression that they are in, each at the end of a line that leads down from its place, as
 * `opa test --var-values` does. Where places in several rows cannot be pointed at, because of tabs, values are listed by name.
 */
export function drawValues(values: readonly ShownValue[], index: ExpressionIndex): string[] {
  if (values.length === 0) return [];
  const isIndented = values.some(({ location }) => index.before(location).includes("\t"));
  if (isIndented && new Set(values.map(({ row }) => row)).size > 1) return list(values);
  const tabs = (value: ShownValue): string => index.before(value.location);
  const lines = [drawLine(values, undefined, tabs)];
  for (let at = values.length - 1; at >= 0; at -= 1) lines.push(drawLine(values.slice(0, at + 1), values, tabs));
  return lines;
}

function list(values: readonly ShownValue[]): string[] {
  const byTitle = [...values].sort((left, right) => (left.title < right.title ? -1 : 1));
  return ["", "Where:", "", ...byTitle.map(({ title, text }) => `${title}: ${text}`)];
}

/** A line with a stroke for each place, or with the last value where all values are given. */
function drawLine(
  drawn: readonly ShownValue[],
  all: readonly ShownValue[] | undefined,
  before: (value: ShownValue) => string,
): string {
  let line = "";
  let column = 1;
  for (const [position, value] of drawn.entries()) {
    const isLast = position === drawn.length - 1;
    const next = all?.[position + 1] ?? drawn[position + 1];
    if (!isLast && drawn[position + 1]?.col === value.col) continue;
    const text = before(value);
    for (; column < value.col; column += 1) line += text[column - 1] === "\t" ? "\t" : " ";
    const isShared = value.col === next?.col || value.col === drawn[position - 1]?.col;
    if (!isLast || all === undefined) line += "|";
    else line += isShared ? `${value.title}: ${value.text}` : value.text;
    column = value.col + 1;
  }
  return line;
}
