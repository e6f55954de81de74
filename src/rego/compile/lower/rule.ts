import type { Expression, Module, Rule, Term as SyntaxTerm } from "../../syntax/index.ts";
import { formatValue, type Value } from "../../value/index.ts";
import { type DocumentKey, toDocumentKey } from "../document-key.ts";
import { formatOperand, formatPath } from "../format-ref.ts";
import type { Branch, LoweredRule, Statement, Term } from "../ir.ts";
import { lowerBody } from "./body.ts";
import { checkHeadComprehensions } from "./head-comprehensions.ts";
import { addNames, declaredNames } from "./names.ts";
import { type Global, Scope, type ScopeServices } from "./scope.ts";
import { bindDynamic, lowerTerm, toAssignment } from "./terms.ts";

export interface RuleContext {
  module: Module;
  moduleIndex: number;
  globals: ReadonlyMap<string, Global>;
  services: ScopeServices;
  metadata(rule: Rule, name: "chain" | "rule"): Value;
}

/** Resolves names in a rule and its `else` branches. */
export function lowerRule(rule: Rule, context: RuleContext): LoweredRule {
  const { services, module } = context;
  checkHead(rule, context);
  const branches: Branch[] = [];
  const used = new Set<string>();
  const head = rule.head;
  branches.push(lowerBranch(rule, { value: head.value, body: rule.body, location: rule.location }, context, used));
  for (let branch = rule.else; branch !== undefined; branch = branch.else) {
    branches.push(lowerBranch(rule, branch, context, used));
  }
  const main = branches[0] as Branch;
  const path: DocumentKey[] = [...module.package];
  let length = 0;
  for (const operand of main.ref) {
    const key = operand.kind === "constant" ? toDocumentKey(operand.value) : undefined;
    if (key === undefined) break;
    path.push(key);
    length += 1;
  }
  if (services.strict && head.args !== undefined) checkUnusedArgs(rule, used, context);
  return {
    package: module.package,
    branches,
    isDefault: rule.isDefault,
    isFunction: head.args !== undefined,
    isSet: head.key !== undefined,
    path,
    isGeneral: length < main.ref.length,
    text: formatHead(main, module.package),
    location: rule.location,
    moduleIndex: context.moduleIndex,
  };
}

function checkHead(rule: Rule, { services }: RuleContext): void {
  const head = rule.head.ref.head;
  if (head.kind === "var" && (head.name === "input" || head.name === "data")) {
    const message = `rules must not shadow ${head.name} (use a different rule name)`;
    services.problems.add("rego_compile_error", rule.location, message);
  }
  for (const arg of rule.head.args ?? []) {
    for (const name of ["input", "data"]) {
      if (!isParameter(arg, name)) continue;
      const message = `args must not shadow ${name} (use a different variable name)`;
      services.problems.add("rego_compile_error", arg.location, message);
    }
  }
}

function formatHead(branch: Branch, packagePath: readonly string[]): string {
  let text = formatPath("data", packagePath);
  for (const operand of branch.ref) {
    if (operand.kind === "constant") {
      const { value } = operand;
      text += typeof value === "object" && value !== null ? `[${formatValue(value)}]` : formatOperand(value);
    } else text += operand.kind === "variable" ? `[${operand.variable.name}]` : "[_]";
  }
  return text;
}

/** Adds the names of parameters that the branch uses to `used`. */
function lowerBranch(
  rule: Rule,
  part: { value?: SyntaxTerm | undefined; body: readonly Expression[]; location: Rule["location"] },
  context: RuleContext,
  used: Set<string>,
): Branch {
  const { head } = rule;
  const scope = new Scope(context.globals, context.services);
  scope.metadata = (name) => context.metadata(rule, name);
  const argNames = new Set<string>();
  for (const arg of head.args ?? []) addArgNames(arg, argNames);
  scope.pushIgnored(argNames);
  scope.pushIgnored(declaredNames(part.body));
  declareArgs(scope, head.args ?? [], new Set());
  const support: Statement[] = [];
  const args = (head.args ?? []).map((arg) => lowerArg(scope, arg, support));
  const body = lowerBody(scope, part.body);
  scope.beginHead();
  checkHeadComprehensions([head.key, part.value], context.globals, context.services);
  const ref = lowerHeadRef(scope, rule, body);
  const key = head.key === undefined ? undefined : bindDynamic(scope, lowerTerm(scope, head.key, body), body);
  const value = part.value === undefined ? undefined : bindDynamic(scope, lowerTerm(scope, part.value, body), body);
  body.push(...support);
  // A parameter's own place in the head is one use of it.
  for (const name of argNames) if (scope.usesOf(name) > 1) used.add(name);
  scope.finish();
  return { args, ref, key, value, body, location: part.location };
}

/** Whether a parameter's pattern has a name as it stands, also as a key. */
function isParameter(arg: SyntaxTerm, name: string): boolean {
  if (arg.kind === "array") return arg.items.some((item) => isParameter(item, name));
  if (arg.kind !== "object") return isName(arg, name);
  return arg.pairs.some(([key, value]) => isName(key, name) || isParameter(value, name));
}

function isName(term: SyntaxTerm, name: string): boolean {
  if (term.kind === "ref") return term.operands.length === 0 && isName(term.head, name);
  return term.kind === "var" && term.name === name;
}

function lowerArg(scope: Scope, arg: SyntaxTerm, support: Statement[]): Term {
  if (arg.kind === "call") {
    scope.problems.add("rego_compile_error", arg.location, "rule arguments cannot contain calls");
  }
  const term = lowerTerm(scope, arg, support);
  return bindDynamic(scope, withoutDocuments(scope, term), support);
}

/** A parameter's pattern in which `data` and `input` are names like others, as they are to OPA: nothing gives them a value. */
function withoutDocuments(scope: Scope, term: Term): Term {
  switch (term.kind) {
    case "ref":
      return typeof term.root === "string" ? { ...term, root: scope.use(term.root) } : term;
    case "array":
      return { ...term, items: term.items.map((item) => withoutDocuments(scope, item)) };
    case "object":
      return { ...term, pairs: term.pairs.map(([key, value]) => [key, withoutDocuments(scope, value)]) };
    default:
      return term;
  }
}

/** Variables of a parameter's pattern; object keys, sets and comprehensions are no patterns. */
function addArgNames(term: SyntaxTerm, names: Set<string>): void {
  if (term.kind === "ref") addNames(term, names);
  else if (term.kind === "var") names.add(term.name);
  else if (term.kind === "array") for (const item of term.items) addArgNames(item, names);
  else if (term.kind === "object") for (const [, value] of term.pairs) addArgNames(value, names);
}

function declareArgs(scope: Scope, args: readonly SyntaxTerm[], known: Set<string>): void {
  const names = new Map<string, SyntaxTerm>();
  const visit = (term: SyntaxTerm): void => {
    if (term.kind === "var" && !term.wildcard) names.set(term.name, term);
    else if (term.kind === "array") for (const item of term.items) visit(item);
    else if (term.kind === "object") for (const [, value] of term.pairs) visit(value);
  };
  for (const arg of args) visit(arg);
  for (const [name, term] of names) {
    if (known.has(name)) continue;
    known.add(name);
    scope.declare(name, "argument", term.location);
  }
}

function lowerHeadRef(scope: Scope, rule: Rule, body: Statement[]): Term[] {
  const { ref } = rule.head;
  const name = ref.head.kind === "var" ? ref.head.name : "";
  const first: Term = { kind: "constant", value: name, location: ref.head.location };
  const rest = ref.operands.map((operand): Term => {
    const term = lowerTerm(scope, operand, body);
    const isKey = term.kind === "constant" && toDocumentKey(term.value) !== undefined;
    if (term.kind === "variable" || isKey) return term;
    const variable = scope.factory.temporary();
    body.push(toAssignment(variable, term, term.location));
    return { kind: "variable", variable, location: term.location };
  });
  return [first, ...rest];
}

/** In strict mode: parameters that no branch uses. */
function checkUnusedArgs(rule: Rule, used: ReadonlySet<string>, { services }: RuleContext): void {
  const names = new Set<string>();
  for (const arg of rule.head.args ?? []) addArgNames(arg, names);
  for (const name of names) {
    const isReported = name === "input" || name === "data";
    if (isReported || name.startsWith("$") || used.has(name)) continue;
    const message = `unused argument ${name}. (hint: use _ (wildcard variable) instead)`;
    services.problems.add("rego_compile_error", rule.head.location, message);
  }
}
