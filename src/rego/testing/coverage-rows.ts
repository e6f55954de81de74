import {
  childTerms,
  comprehensionBody,
  type ElseBranch,
  type Expression,
  type Module,
  type Term,
} from "../syntax/index.ts";
import { termsOf } from "./expression-index.ts";

/**
 * Makes covered rows those that OPA would count, where it compiles something else than this project does: annotations of the rule
 * (`rego.metadata.chain()`) are an expression at the beginning of its body there, and a rule that `with` puts in a function's place is
 * none.
 */
export function adjustRows(module: Module, covered: Set<number>): void {
  const names = new Set(["input", "data"]);
  for (const { path, alias } of module.imports) names.add(alias ?? path.at(-1) ?? "");
  for (const { ref } of module.rules.map(({ head }) => head)) if (ref.head.kind === "var") names.add(ref.head.name);
  for (const { head, body, else: branch } of module.rules) {
    adjustBody(names, [...(head.args ?? []), head.key, head.value], body, covered);
    for (let next: ElseBranch | undefined = branch; next !== undefined; next = next.else) {
      adjustBody(names, [next.value], next.body, covered);
    }
  }
}

function adjustBody(
  names: ReadonlySet<string>,
  heads: readonly (Term | undefined)[],
  body: readonly Expression[],
  covered: Set<number>,
): void {
  const found: Found = { names, metadata: new Set(), mocks: new Set(), expressions: new Set() };
  for (const term of heads) if (term !== undefined) visitTerm(term, found);
  visitBody(body, found);
  if ([...found.expressions].some((row) => covered.has(row))) for (const row of found.metadata) covered.add(row);
  for (const row of found.mocks) if (!found.expressions.has(row)) covered.delete(row);
}

interface Found {
  /** Of documents: other names in a body are functions or variables. */
  names: ReadonlySet<string>;
  /** Rows. */
  metadata: Set<number>;
  mocks: Set<number>;
  expressions: Set<number>;
}

function visitBody(body: readonly Expression[], found: Found): void {
  for (const expression of body) {
    found.expressions.add(expression.location.row);
    for (const { target, value } of expression.with)
      if (isFunction(target, found.names) && isPlain(value)) found.mocks.add(value.location.row);
    for (const term of termsOf(expression)) visitTerm(term, found);
    if (expression.kind === "every") visitBody(expression.body, found);
  }
}

function visitTerm(term: Term, found: Found): void {
  if (term.kind === "call" && term.name.slice(0, 2).join(".") === "rego.metadata")
    found.metadata.add(term.location.row);
  const body = comprehensionBody(term);
  if (body !== undefined) visitBody(body, found);
  for (const child of childTerms(term)) visitTerm(child, found);
}

/** Whether the target of a `with` is a built-in function. */
function isFunction(target: Term, names: ReadonlySet<string>): boolean {
  const root = target.kind === "ref" ? target.head : target;
  return root.kind === "var" && !names.has(root.name);
}

function isPlain(value: Term): boolean {
  return value.kind === "var" || value.kind === "ref";
}
