import type { Value } from "../../value/index.ts";
import { assertResultSize, type BuiltinTable, toFailure } from "../builtin.ts";
import { anyOperand, integerOperand, stringOperand } from "../operands.ts";
import { toBytes } from "../text-bytes.ts";
import { globsIntersect } from "./glob-intersection.ts";
import { compilePattern, findAll, isValidPattern, type Pattern, type Span } from "./pattern.ts";

function limitOperand(args: readonly Value[]): number {
  const limit = integerOperand(args, 3);
  return limit < 0 ? Number.POSITIVE_INFINITY : limit;
}

function matches(args: readonly Value[]): Value {
  const expression = stringOperand(args, 1);
  const text = stringOperand(args, 2);
  return compilePattern(expression).test(text);
}

function findTexts(args: readonly Value[]): Value {
  const expression = stringOperand(args, 1);
  const text = stringOperand(args, 2);
  const limit = limitOperand(args);
  return findAll(compilePattern(expression), text, limit).map(([start, end]) => text.slice(start, end));
}

function findGroups(args: readonly Value[]): Value {
  const expression = stringOperand(args, 1);
  const text = stringOperand(args, 2);
  const limit = limitOperand(args);
  return findAll(compilePattern(expression), text, limit).map((span) => {
    const groups: string[] = [];
    for (let index = 0; index < span.length; index += 2) groups.push(groupText(text, span, index / 2));
    return groups;
  });
}

function groupText(text: string, span: Span, group: number): string {
  const start = span[group * 2] ?? -1;
  return start < 0 ? "" : text.slice(start, span[group * 2 + 1]);
}

function split(args: readonly Value[]): Value {
  const expression = stringOperand(args, 1);
  const text = stringOperand(args, 2);
  const pattern = compilePattern(expression);
  if (expression !== "" && text === "") return [""];
  const parts: string[] = [];
  let start = 0;
  let end = 0;
  for (const [matchStart = 0, matchEnd = 0] of findAll(pattern, text, Number.POSITIVE_INFINITY)) {
    end = matchStart;
    if (matchEnd !== 0) parts.push(text.slice(start, end));
    start = matchEnd;
  }
  if (end !== text.length) parts.push(text.slice(start));
  return parts;
}

type TemplatePart = string | { readonly group: number };

/** Go's templates: `$1`, `$name`, `${name}` (as many letters, digits and underscores as there are), `$$`. */
function parseTemplate(template: string, pattern: Pattern): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let from = 0;
  for (const match of template.matchAll(/\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu)) {
    parts.push(template.slice(from, match.index));
    from = match.index + match[0].length;
    const name = match[1] ?? match[2];
    if (name === undefined) parts.push("$");
    else parts.push({ group: /^\d{1,9}$/.test(name) ? Number(name) : (pattern.groupNames[name] ?? -1) });
  }
  parts.push(template.slice(from));
  return parts;
}

function replace(args: readonly Value[]): Value {
  const text = stringOperand(args, 1);
  const expression = stringOperand(args, 2);
  const written = stringOperand(args, 3);
  const pattern = compilePattern(expression);
  const template = parseTemplate(written, pattern);
  const parts: string[] = [];
  let size = 0;
  const write = (part: string): void => {
    size += part.length;
    assertResultSize(size);
    parts.push(part);
  };
  let lastEnd = 0;
  for (const span of findAll(pattern, text, Number.POSITIVE_INFINITY)) {
    const [start = 0, end = 0] = span;
    write(text.slice(lastEnd, start));
    for (const part of template) write(typeof part === "string" ? part : expandGroup(text, span, part.group));
    lastEnd = end;
  }
  write(text.slice(lastEnd));
  return parts.join("");
}

function expandGroup(text: string, span: Span, group: number): string {
  return group < 0 || group * 2 >= span.length ? "" : groupText(text, span, group);
}

const quote = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");

/** What stands between the delimiters is a regular expression, anything else is literal. */
function matchTemplate(args: readonly Value[]): Value {
  const template = stringOperand(args, 1);
  const text = stringOperand(args, 2);
  const start = stringOperand(args, 3);
  const end = stringOperand(args, 4);
  // OPA's message has the size of the first one in both cases.
  assertDelimiter(start, start, "start");
  assertDelimiter(end, start, "end");
  let level = 0;
  let from = 0;
  let expression = "^";
  for (let at = 0; at < template.length; at += 1) {
    if (template[at] === start) {
      level += 1;
      if (level === 1) {
        expression += quote(template.slice(from, at));
        from = at + 1;
      }
    } else if (template[at] === end) {
      level -= 1;
      if (level === 0) {
        const inner = template.slice(from, at);
        compilePattern(`^${inner}$`);
        expression += `(${inner})`;
        from = at + 1;
      }
    }
    if (level < 0) break;
  }
  if (level !== 0) throw toFailure(`unbalanced braces in ${JSON.stringify(template)}`);
  return compilePattern(`${expression}${quote(template.slice(from))}$`).test(text);
}

function assertDelimiter(delimiter: string, shown: string, name: string): void {
  if (toBytes(delimiter).length === 1) return;
  const size = toBytes(shown).length;
  throw toFailure(`${name} delimiter has to be exactly one character long but is ${size} long`);
}

function isValid(args: readonly Value[]): Value {
  const expression = anyOperand(args, 1);
  return typeof expression === "string" && isValidPattern(expression);
}

export const regex: BuiltinTable = {
  "regex.is_valid": isValid,
  "regex.match": matches,
  re_match: matches,
  "regex.find_n": findTexts,
  "regex.find_all_string_submatch_n": findGroups,
  "regex.split": split,
  "regex.replace": replace,
  "regex.template_match": matchTemplate,
  "regex.globs_match": (args) => globsIntersect(stringOperand(args, 1), stringOperand(args, 2)),
};
