import {
  documentKind,
  formatTerm,
  isGround,
  type Module,
  type RefTerm,
  type Rule,
  rulePath,
  type Term,
} from "../syntax/index.ts";
import { toCasesRule } from "./case-rule.ts";
import { renameTest } from "./rename-test.ts";

const TEST_PREFIX = "test_";
const SKIP_PREFIX = "todo_test_";

/** One rule that is a test. */
export interface TestRule {
  rule: Rule;
  /** As OPA prints it: `data.a`. */
  package: string;
  /** As OPA prints it: `test_x`, `a.test_x`, and `test_x#01` for the second of a name. */
  name: string;
  /** Below `data`. */
  path: readonly string[];
  skip: boolean;
  /** Whether the document's members are the test's cases (`test_x[case]`). */
  isTable: boolean;
  /** What names a case, for tables. */
  caseNames: readonly Term[];
  /** Below `data`: the list of cases that were begun, each a list of names. Set for tables. */
  casesPath?: readonly string[];
}

export interface DiscoveredTests {
  tests: TestRule[];
  /** The modules with tests of one name told apart, and with the rules that list the cases of tables. */
  modules: Module[];
}

/**
 * Finds the tests. A second test of the same name in a package becomes one of its own (`#01`), as in OPA, where both would otherwise
 * be one rule with two bodies. `cases` says whether the rules that list the cases of tables are added.
 */
export function discoverTests(modules: readonly Module[], options: { cases: boolean }): DiscoveredTests {
  const counts = new Map<string, number>();
  const tests: TestRule[] = [];
  const changed = modules.map((module) => {
    const rules = module.rules.flatMap((rule) => {
      const found = findTest(module, rule);
      if (found === undefined) return [rule];
      const test = numberTest(found, counts);
      tests.push(test);
      const cases = test.isTable && options.cases ? toCasesRule(test.rule, found.depth) : undefined;
      if (cases === undefined) return [test.rule];
      test.casesPath = rulePath(module, cases).slice(1).map(String);
      return [test.rule, cases];
    });
    return { ...module, rules };
  });
  return { tests, modules: changed };
}

/** How far the name goes into the head's reference: operands that belong to it. */
type FoundTest = TestRule & { depth: number };

function findTest(module: Module, rule: Rule): FoundTest | undefined {
  const { head, operands } = rule.head.ref;
  const ground = operands.findIndex((operand) => !isGround(operand));
  const parts = [head, ...operands.slice(0, ground === -1 ? operands.length : ground)];
  const depth = parts.findIndex((part) => isTestName(nameOf(part)));
  const part = parts[depth];
  if (part === undefined) return undefined;
  return {
    rule,
    package: formatTerm(toRef(["data", ...module.package], rule)),
    name: formatTerm({ ...rule.head.ref, operands: operands.slice(0, depth) }),
    path: [...module.package, ...parts.slice(0, depth + 1).map(nameOf)],
    skip: nameOf(part).startsWith(SKIP_PREFIX),
    isTable: documentKind(rule) === "object",
    caseNames: operands.slice(depth),
    depth,
  };
}

function isTestName(name: string): boolean {
  return name.startsWith(TEST_PREFIX) || name.startsWith(SKIP_PREFIX);
}

function nameOf(term: Term): string {
  if (term.kind === "var") return term.name;
  return term.kind === "string" ? term.value : "";
}

function toRef([first = "", ...rest]: readonly string[], { location }: Rule): RefTerm {
  const operands = rest.map((value): Term => ({ kind: "string", value, location }));
  return { kind: "ref", head: { kind: "var", name: first, wildcard: false, location }, operands, location };
}

function numberTest(test: FoundTest, counts: Map<string, number>): TestRule {
  const key = JSON.stringify(test.path);
  const count = counts.get(key) ?? 0;
  counts.set(key, count + 1);
  const { depth, ...plain } = test;
  if (count === 0 || test.skip) return plain;
  const suffix = `#${String(count).padStart(2, "0")}`;
  const rule = renameTest(test.rule, depth, suffix);
  const path = [...test.path.slice(0, -1), `${test.path.at(-1) ?? ""}${suffix}`];
  const name = formatTerm({ ...rule.head.ref, operands: rule.head.ref.operands.slice(0, depth) });
  return { ...plain, rule, path, name };
}
