import type { Difference } from "./compare.ts";

/** A difference that stays, and why. */
export interface Explanation {
  reason: string;
  explains(difference: Difference): boolean;
}

export const explanations: readonly Explanation[] = [
  {
    reason:
      "of two rules that conflict, OPA names the one that its index visits last, which depends on the shape of the conditions; " +
      "this engine names the one that is written last",
    explains: ({ path, opa, engine }) =>
      path !== "compile" && withoutRows(opa) === withoutRows(engine) && opa.includes("eval_conflict_error"),
  },
  {
    reason: "a variable in a template string that is not declared: OPA gives no place, this engine gives one",
    explains: ({ path, opa, engine }) =>
      path === "compile" &&
      withoutRows(opa) === withoutRows(engine) &&
      /^0: rego_compile_error: var .* undeclared/.test(opa),
  },
];

function withoutRows(text: string): string {
  return text.replace(/^\d+: /, "").replaceAll(/; \d+: /g, "; ");
}
