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
  readonly #documents = new Map<string, ReadonlySet<string>>();
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

  /** Whether a name that is no variable of a rule's is one of the package's rules or of the imports. */
  isDocument(file: string, name: string): boolean {
    let names = this.#documents.get(file);
    if (names === undefined) {
      names = documentNames(this.#modules, file);
      this.#documents.set(file, names);
    }
    return names.has(name);
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

function documentNames(modules: ReadonlyMap<string, Module>, file: string): ReadonlySet<string> {
  const own = modules.get(file);
  if (own === undefined) return new Set();
  const names = own.imports.map(({ path, alias }) => alias ?? path.at(-1) ?? "");
  const path = own.package.join("/");
  for (const module of modules.values()) {
    if (module.package.join("/") !== path) continue;
    for (const { head } of module.rules) if (head.ref.head.kind === "var") names.push(head.ref.head.name);
  }
  return new Set(names);
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

/** What an expression gives values to, where it declares something. */
export function declaredTerms(expression: Expression): Term[] {
  if (expression.kind === "term") {
    const { term } = expression;
    const isAssignment = term.kind === "call" && term.name.length === 1 && term.name[0] === "assign";
    return isAssignment ? term.args.slice(0, 1) : [];
  }
  if (expression.kind === "some") return [];
  return expression.key === undefined ? [expression.value] : [expression.key, expression.value];
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
