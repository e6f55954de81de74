import type { Difference } from "./compare.ts";

/** A difference that stays, and why. */
export interface Explanation {
  reason: string;
  explains(difference: Difference, module: string): boolean;
}

export const explanations: readonly Explanation[] = [
  {
    reason:
      "of two rules that conflict, OPA names the one that it happens to evaluate last; this engine names the one that is " +
      "written last",
    explains: ({ path, opa, engine }) =>
      path !== "compile" && withoutRows(opa) === withoutRows(engine) && opa.includes("eval_conflict_error"),
  },
  {
    reason:
      "where a document meets two conflicts, the one that is met first is named: rules and arguments are evaluated in another order",
    explains: ({ path, opa, engine }) =>
      path !== "compile" && [opa, engine].every((side) => /^\d+: eval_conflict_error: [^;]*$/.test(side)),
  },
  {
    reason: "a variable in a template string that is not declared: OPA gives no place, this engine gives one",
    explains: ({ path, opa, engine }) =>
      path === "compile" &&
      /\b0: rego_compile_error: var .* undeclared/.test(opa) &&
      withoutRows(opa) === withoutRows(engine),
  },
  {
    reason:
      "both refuse the module: OPA stops at another error, or lists more or fewer that follow from the first one (a function " +
      "with a type error has no type, an unsafe variable makes others unsafe)",
    explains: ({ path, opa, engine }) => path === "compile" && opa.includes("_error") && engine.includes("_error"),
  },
  {
    reason:
      "OPA refuses for a type, this engine leaves it to the evaluation, where the expression is undefined: OPA narrows the types of " +
      "partial rules and of variables in more places",
    explains: ({ path, opa, engine }) =>
      path === "compile" && /^(?:\d+: rego_type_error[^;]*(?:; )?)+$/.test(opa) && !engine.includes("_error"),
  },
  {
    reason:
      "a partial object with a number or another value that is no text as its only key has a type here, and none in OPA: a misuse of it is " +
      "refused here, and undefined in OPA",
    explains: ({ path, opa, engine }, module) =>
      path === "compile" &&
      !opa.includes("_error") &&
      engine.includes("rego_type_error") &&
      /^\w+(?:\.\w+)*\[[^\]"]/m.test(module),
  },
  {
    reason:
      "a set, or a comprehension, with a variable that nothing else binds, as the operand of a reference is refused here as unsafe",
    explains: ({ path, opa, engine }) =>
      path === "compile" && !opa.includes("_error") && engine.includes("rego_unsafe_var_error"),
  },
  {
    reason:
      "in template strings OPA takes some names of rules, and of variables of the body, for undeclared, and refuses calls of walk",
    explains: ({ path, opa, engine }, module) =>
      path === "compile" &&
      module.includes('$"') &&
      /^\d+: rego_compile_error: [^;]*$/.test(opa) &&
      !engine.includes("_error"),
  },
  {
    reason: "an order of the body in which each variable has a value is found here, and not by OPA",
    explains: ({ path, opa, engine }) =>
      path === "compile" && /^(?:\d+: rego_unsafe_var_error[^;]*(?:; )?)+$/.test(opa) && !engine.includes("_error"),
  },
  {
    reason:
      "numbers as texts (keys, templates): OPA remembers how a number was written (1e2) and writes computed ones as Go does " +
      "(1.23456775e+06), this engine writes the shortest decimal",
    explains: ({ path, opa, engine }) => path !== "compile" && withPlainNumbers(opa) === withPlainNumbers(engine),
  },
  {
    reason:
      "arguments are evaluated from the left; OPA evaluates references among them before calls, and may find one undefined",
    explains: ({ path, opa, engine }) =>
      path !== "compile" && /^\d+: eval_conflict_error: functions [^;]*$/.test(engine) && !opa.includes("_error"),
  },
  {
    reason: "1e2 is no integer to OPA's built-in functions, though it is equal to 100; to this engine it is 100",
    explains: ({ path }, module) => path !== "compile" && module.includes("1e2"),
  },
  {
    reason: "OPA takes a rule with the body `not true` and a comprehension in its head for one that holds",
    explains: ({ path }, module) => path !== "compile" && /not true\b/.test(module) && module.includes(" | "),
  },
];

function withoutRows(text: string): string {
  return text.replace(/^\d+: /, "").replaceAll(/; \d+: /g, "; ");
}

function withPlainNumbers(text: string): string {
  return text.replaceAll(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (number) => String(Number(number)));
}
