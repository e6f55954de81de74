import type { Expression, Location, Module, Term as SyntaxTerm } from "../../syntax/index.ts";
import type { QueryOptions } from "../compiled.ts";
import type { Statement, Variable } from "../ir.ts";
import { addStatementVariables } from "../variables.ts";
import { lowerBody } from "./body.ts";
import { exportsOf } from "./modules.ts";
import { declaredNames } from "./names.ts";
import { Scope, type ScopeServices, toGlobals } from "./scope.ts";

const capturePrefix = "$capture";

/** A query's body with the variables that its solutions have values of. */
export interface LoweredQuery {
  body: Statement[];
  variables: Variable[];
  expressions: QueryExpression[];
}

export interface QueryExpression {
  text: string;
  /** The variable with its value; undefined where it has none of its own. */
  capture: Variable | undefined;
  location: Location;
}

/** The expressions of a query in the order in which its statements are evaluated; declarations are none. */
export function orderExpressions(query: LoweredQuery): QueryExpression[] {
  const places = new Set(query.body.map(({ location }) => location));
  const byPlace = new Map(query.expressions.map((expression) => [expression.location, expression]));
  return [...places].map((place) => byPlace.get(place)).filter((expression) => expression !== undefined);
}

/**
 * A query in which each expression's value is in a variable; with several expressions they must not be false.
 * `arityOf` answers for the functions that can be called.
 */
export function capturedQuery(
  body: readonly Expression[],
  arityOf: (name: readonly string[]) => number | undefined,
): Expression[] {
  const isFiltered = body.length > 1 || hasIteration(body);
  return body.flatMap((expression, index) => {
    if (expression.kind !== "term" || expression.negated) return [expression];
    const { term, location } = expression;
    if (term.kind === "call") {
      if (["eq", "assign", "print"].includes(term.name.join("."))) return [expression];
      if (arityOf(term.name) !== term.args.length) return [expression];
    }
    const variable: SyntaxTerm = { kind: "var", name: `${capturePrefix}${index}`, wildcard: true, location };
    const captured: Expression = {
      ...expression,
      term: { kind: "call", name: ["eq"], args: [term, variable], location },
    };
    return isFiltered ? [captured, { ...expression, with: [], term: variable }] : [captured];
  });
}

/** Whether a query may have more than one solution, as far as its text tells. */
function hasIteration(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasIteration);
  if (typeof value !== "object" || value === null) return false;
  const node = value as { kind?: unknown; name?: unknown; operands?: { kind: string }[] };
  if (node.kind === "some" || node.kind === "some-in") return true;
  if (node.kind === "ref" && node.operands?.some((operand) => operand.kind === "var") === true) return true;
  return Object.entries(value).some(([key, member]) => key !== "location" && hasIteration(member));
}

/** Resolves a query's names in the package and with the imports of the options. */
export function lowerQuery(
  body: readonly Expression[],
  options: QueryOptions,
  modules: readonly Module[],
  services: ScopeServices,
  { original, text }: { original: readonly Expression[]; text: string },
): LoweredQuery {
  const packagePath = [...(options.package ?? [])];
  const names = options.package === undefined ? [] : (exportsOf(modules).get(packagePath.join("/")) ?? []);
  const location = { file: "", row: 0, col: 0, offset: 0, end: 0 };
  const imports = (options.imports ?? []).map(({ path, alias }) => ({
    path: [...path],
    location,
    ...(alias === undefined ? {} : { alias }),
  }));
  const scope = new Scope(toGlobals({ package: packagePath, imports }, names), services);
  scope.pushIgnored(declaredNames(body));
  const statements = lowerBody(scope, body);
  scope.finish();
  const variables = new Map<string, Variable>();
  const all = new Set<Variable>();
  for (const statement of statements) addStatementVariables(statement, all);
  for (const variable of all) if (!variable.generated && variable.name !== "_") variables.set(variable.name, variable);
  const captures = original.map((_, index) => scope.free(`${capturePrefix}${index}`));
  const expressions = original.map(
    ({ location: place }, index): QueryExpression => ({
      text: text.slice(place.offset, place.end),
      capture: captures[index],
      location: place,
    }),
  );
  return { body: statements, variables: [...variables.values()], expressions };
}
