import type { Module } from "../../syntax/index.ts";
import type { Dependencies } from "../dependencies.ts";
import type { FunctionTable } from "../functions.ts";
import type { LoweredRule, Statement } from "../ir.ts";
import type { Problems } from "../problems.ts";
import type { Type } from "./algebra.ts";
import { readAnnotatedTypes } from "./annotated-types.ts";
import { BodyChecker, type Found } from "./check-body.ts";
import { TypeScope } from "./scope.ts";
import { pathOfBranch, typeOfBranch } from "./type-of-rule.ts";
import { TypeTree } from "./type-tree.ts";

export interface CheckTypesOptions {
  modules: readonly Module[];
  /** Those of the modules, in their order. */
  rules: readonly LoweredRule[];
  functions: FunctionTable;
  dependencies: Dependencies;
  problems: Problems;
  /** The body of an ad-hoc query; empty where there is none. */
  query: readonly Statement[];
}

/** Reports calls, comparisons and references that cannot be right, whatever the input is. */
export function checkTypes({ modules, rules, functions, dependencies, problems, query }: CheckTypesOptions): void {
  const tree = new TypeTree();
  const checker = new BodyChecker(functions);
  const typeOfName = (name: string): Type | undefined => checker.typeOfName(name);
  const annotated = readAnnotatedTypes(modules, rules, problems);
  for (const rule of dependencies.rulesInOrder()) {
    for (const branch of rule.branches) {
      const scope = new TypeScope(tree, { overrides: annotated?.overridesOf(rule, tree), typeOfName });
      const found = checker.check(scope, branch.body);
      if (found.length > 0) {
        report(found, problems);
        tree.open(pathOfBranch(rule, branch));
        continue;
      }
      const given = typeOfBranch(scope, rule, branch);
      if (given !== undefined) tree.insert(given.path, given.type);
    }
  }
  report(checker.check(new TypeScope(tree, { typeOfName }), query, true), problems);
}

function report(found: readonly Found[], problems: Problems): void {
  for (const { location, message, details } of found) problems.add("rego_type_error", location, message, details);
}
