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
    reason: "a variable in a template string that is not declared: OPA gives no place, this engine gives one",
    explains: ({ path, opa, engine }) =>
      path === "compile" &&
      /\b0: rego_compile_error: var .* undeclared/.test(opa) &&
      withoutRows(opa) === withoutRows(engine),
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
