import { RegoError, RegoErrors } from "../errors.ts";
import { type Module, parseBody } from "../syntax/index.ts";
import type { CompiledPolicy, CompileOptions, QueryOptions } from "./compiled.ts";
import { Dependencies } from "./dependencies.ts";
import { emitModule } from "./emit/module.ts";
import { createPlan, isVolatile } from "./emit/plan.ts";
import { FunctionTable } from "./functions.ts";
import type { Statement } from "./ir.ts";
import { lowerBody, lowerWith } from "./lower/body.ts";
import { checkCalls } from "./lower/check-calls.ts";
import { lowerModules } from "./lower/modules.ts";
import { capturedQuery, lowerQuery } from "./lower/query.ts";
import { orderBody, orderBranch } from "./lower/reorder.ts";
import { type ScopeServices, VariableFactory } from "./lower/scope.ts";
import { Problems } from "./problems.ts";
import { type Group, RuleTree } from "./rule-tree.ts";
import { checkTypes } from "./types/check-types.ts";

/**
 * Compiles a set of modules. Throws RegoErrors with every problem that the first failing stage found, each with OPA's
 * code and position.
 */
export function compileModules(modules: readonly Module[], options: CompileOptions): CompiledPolicy {
  return compile(modules, options, undefined);
}

/** Compiles an ad-hoc query together with the modules that it is asked of. Throws RegoErrors. */
export function compileQuery(text: string, modules: readonly Module[], options: QueryOptions = {}): CompiledPolicy {
  const body = parseBody(text);
  if (body.length === 0)
    throw new RegoErrors([new RegoError("rego_parse_error", "empty query: expected an expression")]);
  const captured = options.capture === false ? body : capturedQuery(body, createArity(modules, options));
  const query = { body: captured, original: body, text, options };
  return compile(modules, { ...options, entrypoints: options.entrypoints ?? [] }, query);
}

interface QuerySource {
  body: ReturnType<typeof parseBody>;
  original: ReturnType<typeof parseBody>;
  text: string;
  options: QueryOptions;
}

function compile(modules: readonly Module[], options: CompileOptions, source: QuerySource | undefined): CompiledPolicy {
  const problems = new Problems();
  const functions = new FunctionTable(options);
  const services: ScopeServices = {
    factory: new VariableFactory(),
    problems,
    strict: options.strict === true,
    isFunctionName: (name) => functions.get(name) !== undefined,
    isRelation: (name) => functions.get(name)?.relation === true,
    lowering: { body: lowerBody, with: lowerWith },
  };
  const rules = lowerModules(modules, services);
  const query = source === undefined ? undefined : lowerQuery(source.body, source.options, modules, services, source);
  problems.throwIfAny();
  const packages = modules.map((module) => ({ path: module.package, location: module.packageLocation }));
  const tree = new RuleTree(packages, rules, problems);
  problems.throwIfAny();
  const calls = {
    tree,
    functions,
    problems,
    factory: services.factory,
    strict: services.strict,
    mocked: new Set<string>(),
  };
  for (const rule of rules) {
    for (const branch of rule.branches) branch.body = checkCalls(branch.body, calls);
  }
  let body: Statement[] = query === undefined ? [] : checkCalls(query.body, calls);
  problems.throwIfAny();
  const safety = { heads: problems, bodies: new Problems() };
  for (const rule of rules) for (const branch of rule.branches) orderBranch(branch, safety);
  body = orderBody(body, safety);
  problems.throwIfAny();
  safety.bodies.throwIfAny();
  const dependencies = new Dependencies(tree);
  dependencies.checkRecursion(problems);
  problems.throwIfAny();
  checkTypes({ modules, rules, functions, dependencies, problems, query: body });
  problems.throwIfAny();
  const plan = {
    ...createPlan(tree, functions, dependencies, calls.mocked),
    watch: options.watch ?? "nothing",
  };
  const wanted = wantedGroups(tree, options.entrypoints, dependencies.ofBody(body).groups);
  const emitted = dependencies.reachable(wanted);
  const volatile = dependencies.affected((_, facts) => isVolatile(facts, functions));
  const entrypoints = options.entrypoints === "all" ? [] : options.entrypoints;
  return emitModule({
    plan,
    emitted,
    volatile,
    entrypoints,
    query: query === undefined ? undefined : { ...query, body },
  });
}

/** Numbers of parameters of the functions that a query can call by their full names. */
function createArity(
  modules: readonly Module[],
  options: QueryOptions,
): (name: readonly string[]) => number | undefined {
  const functions = new FunctionTable(options);
  const rules = new Map<string, number>();
  for (const module of modules) {
    for (const { head } of module.rules) {
      if (head.args === undefined || head.ref.head.kind !== "var") continue;
      const rest = head.ref.operands.map((operand) => (operand.kind === "string" ? operand.value : ""));
      rules.set(["data", ...module.package, head.ref.head.name, ...rest].join("."), head.args.length);
    }
  }
  return (name) => rules.get(name.join(".")) ?? functions.get(name.join("."))?.type.args.length;
}

/** The groups at, above and below the entry points, and those that a query needs. */
function wantedGroups(
  tree: RuleTree,
  entrypoints: CompileOptions["entrypoints"],
  fromQuery: ReadonlySet<Group>,
): Set<Group> {
  const wanted = new Set(fromQuery);
  if (entrypoints === "all") for (const group of tree.groups) wanted.add(group);
  else {
    for (const path of entrypoints) {
      let node = tree.root;
      for (const key of path) {
        const child = node.children.get(key);
        if (child === undefined || node.group !== undefined) break;
        node = child;
      }
      for (const group of tree.groupsBelow(node)) wanted.add(group);
    }
  }
  return wanted;
}
