import { RegoError, RegoErrors } from "../errors.ts";
import { readAnnotations } from "./annotate-module.ts";
import type { Expression, Location, Module, RefTerm, Term } from "./ast.ts";
import { ModuleParser, type Statement } from "./module-parser.ts";
import { toRule } from "./rule-from-query.ts";
import type { ParsedRule } from "./rule-parser.ts";
import { SpendingParser, type SpendUnits } from "./spending-parser.ts";
import { attempt, SyntaxFailure } from "./syntax-failure.ts";
import { KEYWORDS } from "./tokens.ts";

/** Characters that one text may have. Conforma's largest policy file has 100,000. */
export const MAX_TEXT_LENGTH = 16_000_000;

export interface ParseModuleOptions {
  /** Read `# METADATA` blocks (default). `rego.parse_module` does not: a faulty block is a comment to it. */
  annotations?: boolean;
  /** Whether a function of this name is built in: a call of one at the top of a module is a mistake. */
  isBuiltin?: (name: string) => boolean;
  /** Told of the work as it is done, and of what is done later for literals that are read when they are asked for. */
  spend?: SpendUnits;
}

/**
 * Parses a module of Rego v1.
 *
 * @throws RegoErrors with code `rego_parse_error`, by stages as in OPA: the first statement that cannot be read with every faulty
 * import and annotation before it; or every statement that Rego v1 does not allow; or every annotation that is in a wrong place.
 */
export function parseModule(file: string, text: string, options: ParseModuleOptions = {}): Module {
  const parser = createParser(file, text, options.spend);
  const statements = parser.parseStatementList({ rules: true });
  const module = emptyModule(file, text, parser);
  const annotated = options.annotations === false ? undefined : readAnnotations(module, parser.comments);
  throwAll([...parser.failures, ...(annotated?.failures ?? [])], options.spend);
  const failures = fillModule(module, statements, options.isBuiltin ?? (() => false));
  throwAll(failures, options.spend);
  throwAll(annotated?.attach(statements) ?? [], options.spend);
  return module;
}

/**
 * Parses a query: statements separated by semicolons or newlines.
 *
 * @throws RegoErrors with code `rego_parse_error`
 */
export function parseBody(text: string, file = ""): Expression[] {
  const parser = createParser(file, text);
  const statements = parser.parseStatementList({ rules: false });
  throwAll(parser.failures);
  return statements.flatMap((statement) =>
    statement.kind === "query"
      ? statement.query
      : throwAt(`expected body but got ${statement.kind}`, statement.location),
  );
}

/**
 * Parses one term, or a call or an operator: `data.x[1]`, `f(1) + 2`.
 *
 * @throws RegoErrors with code `rego_parse_error`
 */
export function parseTerm(text: string, file = ""): Term {
  const [expression, ...others] = parseBody(text, file);
  const location = { file, row: 1, col: 1, offset: 0, end: text.length };
  if (expression === undefined || others.length > 0) return throwAt("expected exactly one term", location);
  const { term } = expression.kind === "term" ? expression : { term: undefined };
  if (term === undefined || expression.negated || expression.with.length > 0) return throwAt("expected term", location);
  if (term.kind === "call" && (term.infix === ":=" || term.infix === "=")) return throwAt("expected term", location);
  return term;
}

/**
 * Parses a reference: `data.x["y"]`.
 *
 * @throws RegoErrors with code `rego_parse_error`
 */
export function parseRef(text: string, file = ""): RefTerm {
  const term = parseTerm(text, file);
  return term.kind === "ref" ? term : throwAt(`expected ref but got ${term.kind}`, term.location);
}

function createParser(file: string, text: string, spend?: SpendUnits): ModuleParser {
  if (text.length > MAX_TEXT_LENGTH) {
    const message = `text has ${text.length} characters: expected at most ${MAX_TEXT_LENGTH}`;
    return throwAt(message, { file, row: 1, col: 1, offset: 0, end: 0 });
  }
  return spend === undefined ? new ModuleParser(file, text) : new SpendingParser(file, text, spend);
}

function emptyModule(file: string, text: string, parser: ModuleParser): Module {
  const packageLocation = { file, row: 0, col: 0, offset: 0, end: 0 };
  const { comments } = parser;
  return {
    file,
    text,
    package: [],
    packageLocation,
    imports: [],
    rules: [],
    annotations: [],
    get comments() {
      return comments.toArray();
    },
  };
}

/** Sorts the statements into the module; the answer is what Rego v1 does not allow. Queries are replaced by the rules that they are. */
function fillModule(module: Module, statements: Statement[], isBuiltin: (name: string) => boolean): SyntaxFailure[] {
  const failures: SyntaxFailure[] = [];
  const [first] = statements;
  if (first === undefined) return [new SyntaxFailure("empty module", module.packageLocation)];
  if (first.kind === "package") {
    module.package = first.path;
    module.packageLocation = first.location;
  } else failures.push(new SyntaxFailure("package expected", first.location));
  const checks: SyntaxFailure[] = [];
  for (const [index, statement] of statements.entries()) {
    if (index === 0) continue;
    if (statement.kind === "import") module.imports.push(statement.import);
    else if (statement.kind === "package") failures.push(new SyntaxFailure("unexpected package", statement.location));
    else {
      const parsed = statement.kind === "rule" ? statement.parsed : attempt(() => toRule(statement.query, isBuiltin));
      if (parsed instanceof SyntaxFailure) {
        failures.push(parsed);
        continue;
      }
      statements[index] = { kind: "rule", parsed, location: parsed.rule.location };
      module.rules.push(parsed.rule);
      checks.push(...strictnessProblems(parsed));
    }
  }
  return [...failures, ...checks];
}

/** What Rego v1 asks for: no reserved word as a name, `if` before bodies, `contains` for sets, a value or a body. */
function strictnessProblems({ rule, oldSet, missingIf, bare }: ParsedRule): SyntaxFailure[] {
  const { head, location } = rule;
  const problems: SyntaxFailure[] = [];
  const what = head.args === undefined ? "rule" : "function";
  const name = head.ref.head.kind === "var" ? head.ref.head.name : "";
  if (head.ref.operands.length === 0 && KEYWORDS.has(name)) {
    problems.push(new SyntaxFailure(`${name} keyword cannot be used for rule name`, location));
  }
  if (bare) problems.push(new SyntaxFailure(`${what} must have value assignment and/or body declaration`, location));
  for (const place of missingIf) {
    problems.push(new SyntaxFailure(`\`if\` keyword is required before ${what} body`, place));
  }
  if (oldSet) problems.push(new SyntaxFailure("`contains` keyword is required for partial set rules", location));
  return problems;
}

/** An error costs about as much as so many tokens: it has a stack. */
const unitsPerError = 64;

function throwAll(failures: readonly SyntaxFailure[], spend?: SpendUnits): void {
  if (failures.length === 0) return;
  throw new RegoErrors(
    failures.map(({ message, location }) => {
      spend?.(unitsPerError);
      return new RegoError("rego_parse_error", message, location);
    }),
  );
}

function throwAt(message: string, location: Location): never {
  throw new RegoErrors([new RegoError("rego_parse_error", message, location)]);
}
