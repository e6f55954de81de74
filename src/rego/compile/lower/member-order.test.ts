import { describe, expect, it } from "vitest";
import { parseModule } from "../../syntax/index.ts";
import type { Statement, Term } from "../ir.ts";
import { Problems } from "../problems.ts";
import { lowerBody, lowerWith } from "./body.ts";
import { lowerModules } from "./modules.ts";
import { VariableFactory } from "./scope.ts";

/** What a rule's value does, one after the other: names of functions that are called, then what is referred to. */
function order(value: string): string[] {
  const text = `package p\nimport data.aaa as zzz\nrule := 1\nvalue := v if { v := ${value} }`;
  const services = {
    factory: new VariableFactory(),
    problems: new Problems(),
    strict: false,
    isFunctionName: () => true,
    isRelation: () => false,
    lowering: { body: lowerBody, with: lowerWith },
  };
  const rule = lowerModules([parseModule("p.rego", text)], services)[1];
  return (rule?.branches[0]?.body ?? []).flatMap(namesOf);
}

function namesOf(statement: Statement): string[] {
  if (statement.kind === "call") return [statement.name];
  return statement.kind === "equal" ? refsOf(statement.right) : [];
}

function refsOf(term: Term): string[] {
  switch (term.kind) {
    case "ref": {
      const keys = term.operands.map((operand) => (operand.kind === "constant" ? String(operand.value) : "?"));
      return [[term.root, ...keys].join(".")];
    }
    case "set":
    case "array":
      return term.items.flatMap(refsOf);
    case "object":
      return term.pairs.flatMap((pair) => pair.flatMap(refsOf));
    default:
      return [];
  }
}

describe("members are evaluated in OPA's order", () => {
  it.each([
    ["references in a set", "{input.b, input.a}", ["input.a", "input.b"]],
    ["rules by their paths", "{input.a, data.q, rule}", ["data.p.rule", "data.q", "input.a"]],
    ["imports by their paths", "{rule, zzz.x}", ["data.aaa.x", "data.p.rule"]],
    ["calls by their names", "{lower(input.a), count(input.b)}", ["count", "lower"]],
    ["members of an object by their keys", '{"b": input.a, "a": input.b}', ["input.b", "input.a"]],
    ["sets in sets", "{[{input.c, input.b}], [input.a]}", ["input.a", "input.b", "input.c"]],
    ["lists as they are written", "[input.b, input.a]", ["input.b", "input.a"]],
  ])("%s", (_, value, expected) => {
    expect(order(value)).toEqual(expected);
  });
});
