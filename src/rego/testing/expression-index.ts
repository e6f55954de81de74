import type { SourceSpan } from "../compile/index.ts";
import {
  childTerms,
  comprehensionBody,
  type ElseBranch,
  type Expression,
  type Location,
  type Module,
  type Rule,
  type Term,
} from "../syntax/index.ts";

type Place = Pick<SourceSpan, "file" | "offset" | "end">;

/** Finds what stands at a place of the modules' texts. */
export class ExpressionIndex {
  readonly #modules: ReadonlyMap<string, Module>;
  readonly #expressions = new Map<string, readonly Expression[]>();

  constructor(modules: readonly Module[]) {
    this.#modules = new Map(modules.map((module) => [module.file, module]));
  }

  text({ file, offset, end }: Place): string {
    return this.#modules.get(file)?.text.slice(offset, end) ?? "";
  }

  /** The row that a place begins in, up to the place. */
  before({ file, offset }: Place): string {
    const text = this.#modules.get(file)?.text ?? "";
    return text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  }

  /** The innermost expression of a body that a place belongs to. */
  expressionAt(place: Place): Expression | undefined {
    let found: Expression | undefined;
    for (const expression of this.#expressionsOf(place.file)) {
      if (contains(expression.location, place)) found = expression;
    }
    return found;
  }

  /** Where the rule, or the `else`, begins that a place belongs to. */
  branchAt(place: Place): Location | undefined {
    const rule = this.#modules.get(place.file)?.rules.find(({ location }) => contains(location, place));
    let found: Location | undefined = rule?.location;
    for (let next: ElseBranch | undefined = rule?.else; next !== undefined; next = next.else) {
      if (contains(next.location, place)) found = next.location;
    }
    return found;
  }

  /** All expressions of a file, outer ones first. */
  #expressionsOf(file: string): readonly Expression[] {
    let known = this.#expressions.get(file);
    if (known === undefined) {
      const found: Expression[] = [];
      for (const rule of this.#modules.get(file)?.rules ?? []) addRule(rule, found);
      known = found;
      this.#expressions.set(file, known);
    }
    return known;
  }
}

export function contains(outer: Place, inner: Place): boolean {
  return outer.file === inner.file && outer.offset <= inner.offset && inner.end <= outer.end;
}

function addRule({ head, body, else: branch }: Rule, out: Expression[]): void {
  for (const term of [...(head.args ?? []), ...head.ref.operands, head.key, head.value]) addTerm(term, out);
  addBody(body, out);
  for (let next: ElseBranch | undefined = branch; next !== undefined; next = next.else) {
    addTerm(next.value, out);
    addBody(next.body, out);
  }
}

function addBody(body: readonly Expression[], out: Expression[]): void {
  for (const expression of body) {
    out.push(expression);
    for (const term of termsOf(expression)) addTerm(term, out);
    if (expression.kind === "every") addBody(expression.body, out);
  }
}

/** Expressions in a term's comprehensions. */
function addTerm(term: Term | undefined, out: Expression[]): void {
  if (term === undefined) return;
  const body = comprehensionBody(term);
  if (body !== undefined) addBody(body, out);
  for (const child of childTerms(term)) addTerm(child, out);
}

/** The terms of an expression; of `with`, the values. */
export function termsOf(expression: Expression): Term[] {
  const values = expression.with.map(({ value }) => value);
  switch (expression.kind) {
    case "term":
      return [expression.term, ...values];
    case "some":
      return values;
    case "some-in":
    case "every":
      return [
        ...(expression.key === undefined ? [] : [expression.key]),
        expression.value,
        expression.domain,
        ...values,
      ];
  }
}
