import type { SourceSpan } from "../compile/index.ts";
import type { Failure } from "../run/index.ts";
import { childTerms, comprehensionBody, type Expression, type Location, type Term } from "../syntax/index.ts";
import { formatValue, RegoSet, type Value } from "../value/index.ts";
import { contains, declaredTerms, type ExpressionIndex, termsOf } from "./expression-index.ts";

/** A variable or another term in an expression, and the value that it had. */
export interface ShownValue {
  /** As it is written. */
  title: string;
  /** As OPA writes values; `undefined` for what had none. */
  text: string;
  row: number;
  col: number;
  location: Location;
}

/** Characters of a value. */
const maxWidth = 64;

/**
 * What an expression's variables, references, comprehensions and inner calls were when it was not true. What stands inside of a
 * comprehension has no one value.
 */
export function valuesOf(expression: Expression, failure: Failure, index: ExpressionIndex): ShownValue[] {
  const shown = new Map<string, ShownValue>();
  const locals = new Map(failure.locals);
  const add = (location: Location, value: Value | undefined): void => {
    const title = index.text(location);
    if (shown.has(title)) return;
    const text = value === undefined ? "undefined" : cut(formatValue(value));
    shown.set(title, { title, text, row: location.row, col: location.col, location });
  };
  let isOpen = failure.isMissing && !expression.negated;
  const declared = declaredTerms(expression);
  // What comes behind the first that has no value was not evaluated.
  const addMissing = (location: Location): void => {
    if (isOpen) add(location, undefined);
    isOpen = false;
  };
  const visit = (term: Term, where: "top" | "inside" | "template"): void => {
    const atPlace = (): Value | undefined => {
      const found = findValue(failure, term.location);
      return where === "template" ? onlyMember(found) : found;
    };
    if (term.kind === "var") {
      // A name that is no local variable's is a rule's, or an import's.
      const value = locals.get(term.name) ?? atPlace();
      if (value !== undefined && !term.wildcard) add(term.location, value);
      else if (value === undefined && index.isDocument(term.location.file, term.name)) {
        if (!declared.some(({ location }) => contains(location, term.location))) addMissing(term.location);
      }
      return;
    }
    const isComprehension = comprehensionBody(term) !== undefined;
    const isTemplate = term.kind === "template-string";
    if (!isComprehension) for (const child of childTerms(term)) visit(child, isTemplate ? "template" : "inside");
    const isShown = isComprehension || isTemplate || term.kind === "ref" || (term.kind === "call" && where !== "top");
    if (!isShown) return;
    const value = atPlace();
    if (value !== undefined) add(term.location, value);
    else if (term.kind === "ref" && isSettled(term)) addMissing(term.location);
  };
  for (const [position, term] of termsOf(expression).entries()) visit(term, position === 0 ? "top" : "inside");
  return [...shown.values()].sort(comparePlaces);
}

function cut(text: string): string {
  return text.length <= maxWidth ? text : `${text.slice(0, maxWidth - 3)}...`;
}

function findValue({ terms }: Failure, location: Location): Value | undefined {
  return terms.findLast(([span]) => isSame(span, location))?.[1];
}

/** Parts of template strings are sets, of one value. */
function onlyMember(value: Value | undefined): Value | undefined {
  const members = value instanceof RegoSet ? value.values() : [];
  return members.length === 1 ? members[0] : undefined;
}

function isSame(span: SourceSpan, location: Location): boolean {
  return span.offset === location.offset && span.end === location.end && contains(span, location);
}

/** Whether a reference has one value: it does not iterate. */
function isSettled(term: Extract<Term, { kind: "ref" }>): boolean {
  return term.operands.every(({ kind }) => kind === "string" || kind === "number");
}

/** From left to right; of those in a column the lower row first, as OPA has them. */
function comparePlaces(left: ShownValue, right: ShownValue): number {
  if (left.col !== right.col) return left.col - right.col;
  if (left.row !== right.row) return right.row - left.row;
  return left.title < right.title ? -1 : 1;
}
