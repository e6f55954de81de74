import type { Dependencies } from "../dependencies.ts";
import type { FunctionTable } from "../functions.ts";
import type { LoweredRule, Statement } from "../ir.ts";
import type { Problems } from "../problems.ts";
import type { RuleTree } from "../rule-tree.ts";
import { BodyChecker } from "./check-body.ts";
import { TypeScope } from "./scope.ts";
import { pathOfBranch, typeOfBranch } from "./type-of-rule.ts";
import { TypeTree } from "./type-tree.ts";

/** Reports calls, comparisons and references that cannot be right, whatever the input is. */
export function checkTypes(
  _tree: RuleTree,
  functions: FunctionTable,
  dependencies: Dependencies,
  problems: Problems,
  query: readonly Statement[],
): void {
  const tree = new TypeTree();
  const checker = new BodyChecker(functions);
  for (const rule of dependencies.rulesInOrder()) checkRule(rule, tree, checker, problems);
  for (const { location, message } of checker.check(new TypeScope(tree), query, true)) {
    problems.add("rego_type_error", location, message);
  }
}

function checkRule(rule: LoweredRule, tree: TypeTree, checker: BodyChecker, problems: Problems): void {
  for (const branch of rule.branches) {
    const scope = new TypeScope(tree);
    const found = checker.check(scope, branch.body);
    if (found.length > 0) {
      for (const { location, message } of found) problems.add("rego_type_error", location, message);
      tree.open(pathOfBranch(rule, branch));
      continue;
    }
    const given = typeOfBranch(scope, rule, branch);
    if (given !== undefined) tree.insert(given.path, given.type);
  }
}
