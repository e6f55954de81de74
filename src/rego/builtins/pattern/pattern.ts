import { LRUCache } from "lru-cache";
import { RE2JS, RE2JSException } from "re2js";
import { RegoError } from "../../errors.ts";
import { spend } from "../../value/index.ts";
import { toFailure } from "../builtin.ts";
import { toDirect } from "./direct.ts";
import { withKnownNames } from "./names.ts";
import { MeteredText } from "./text.ts";

/** Longer patterns are refused: an automaton's size grows with its pattern. */
export const maxPatternLength = 64 * 1024;
const maxProgramSize = 200_000;

/** Where a match and its groups begin and end, -1 for a group that took no part. */
export type Span = readonly number[];

/** A compiled regular expression in RE2's syntax, which matches in time linear in the text. */
export interface Pattern {
  readonly groupCount: number;
  readonly groupNames: Readonly<Record<string, number>>;
  test(text: string): boolean;
  /** The first match that begins at `from` or later; what stands before `from` is seen by anchors. */
  find(text: string): (from: number) => Span | undefined;
}

const cache = new LRUCache<string, Pattern>({ max: 1000 });

/** Throws `BuiltinError` with RE2's message where the expression is invalid or too large. */
export function compilePattern(expression: string): Pattern {
  const known = cache.get(expression);
  if (known !== undefined) return known;
  const direct = toDirect(expression);
  const pattern = direct === undefined ? compileGeneral(expression) : toDirectPattern(direct, expression);
  cache.set(expression, pattern);
  return pattern;
}

/** As `compilePattern`, with RE2's automata for every expression. */
export function compileGeneral(expression: string): Pattern {
  return toPattern(compile(expression));
}

/** V8's engine cannot be interrupted, and keeps a place for each character of a repetition. */
const maxDirectLength = 100_000;

function toDirectPattern(direct: RegExp, expression: string): Pattern {
  let general: Pattern | undefined;
  const generalPattern = (): Pattern => {
    general ??= compileGeneral(expression);
    return general;
  };
  return {
    groupCount: 0,
    groupNames: {},
    test(text) {
      if (text.length > maxDirectLength) return generalPattern().test(text);
      direct.lastIndex = 0;
      return direct.test(text);
    },
    find(text) {
      if (text.length > maxDirectLength) return generalPattern().find(text);
      return (from) => {
        direct.lastIndex = from;
        const match = direct.exec(text);
        return match === null ? undefined : [match.index, match.index + match[0].length];
      };
    },
  };
}

export function isValidPattern(expression: string): boolean {
  try {
    compilePattern(expression);
    return true;
  } catch (thrown) {
    if (thrown instanceof RegoError) return false;
    throw thrown;
  }
}

function compile(expression: string): RE2JS {
  if (expression.length > maxPatternLength)
    throw toFailure(`expected a pattern of at most ${maxPatternLength} characters`);
  assertRepetitions(expression);
  try {
    const compiled = RE2JS.compile(withKnownNames(expression));
    if (compiled.programSize() > maxProgramSize) {
      throw toFailure("error parsing regexp: expression nests too deeply or is too large");
    }
    return compiled;
  } catch (thrown) {
    if (thrown instanceof RE2JSException) throw toFailure(toGoMessage(thrown.message));
    throw thrown;
  }
}

/** Go names the part of the expression also where there is none, and has no name to miss at the end. */
function toGoMessage(message: string): string {
  if (message.endsWith("trailing backslash at end of expression")) return `${message}: \`\``;
  return message.replace(/invalid named capture: `\(\?(P?)<`$/, "invalid or unsupported Perl syntax: `(?$1`");
}

/** Counted repetitions multiply when they nest; RE2 refuses more than a thousand of them before it expands anything. */
function assertRepetitions(expression: string): void {
  let product = 1;
  for (const match of expression.matchAll(/\{(\d{1,7})(?:,(\d{0,7}))?\}/g)) {
    const count = Math.max(Number(match[1]), Number(match[2] ?? 0));
    if (count <= 1000) product *= Math.max(1, count);
  }
  // A sum is not told from a product here, so that the bound is generous.
  if (product > 1e12) throw toFailure(`error parsing regexp: invalid repeat count: \`${expression.slice(0, 100)}\``);
}

/** Product of a program's and a text's size up to which a match takes a few milliseconds. */
const quickProduct = 200_000;

function toPattern(compiled: RE2JS): Pattern {
  const size = compiled.programSize();
  // The automata read through the methods of strings: an object that has them is a text to them.
  const toText = (text: string): string => {
    if (text.length * size <= quickProduct) return text;
    return new MeteredText(text, 1 + (size >> 5)) as unknown as string;
  };
  return {
    groupCount: compiled.groupCount(),
    groupNames: compiled.namedGroups(),
    test: (text) => compiled.test(toText(text)),
    find(text) {
      const matcher = compiled.matcher(toText(text));
      const groups = compiled.groupCount();
      return (from) => {
        if (from > text.length || !matcher.find(from)) return undefined;
        const span: number[] = [];
        for (let group = 0; group <= groups; group += 1) span.push(matcher.start(group), matcher.end(group));
        return span;
      };
    },
  };
}

/** All matches from left to right as Go's `FindAll` gives them: an empty match right behind another one does not count. */
export function findAll(pattern: Pattern, text: string, limit: number): Span[] {
  const spans: Span[] = [];
  const findFrom = pattern.find(text);
  let previousEnd = -1;
  for (let at = 0; at <= text.length && spans.length < limit; ) {
    const span = findFrom(at);
    if (span === undefined) break;
    spend(4 + span.length);
    const [start = 0, end = 0] = span;
    const isEmpty = end === at && start === end;
    if (!(isEmpty && start === previousEnd)) spans.push(span);
    at = end > at ? end : at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
    previousEnd = end;
  }
  return spans;
}
