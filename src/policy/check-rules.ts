/** What a rule's name says its results are. */
export type ResultKind = "failure" | "warning";

const failureName = /^(deny|violation)(_[a-zA-Z0-9]+)*$/;
const warningName = /^warn(_[a-zA-Z0-9]+)*$/;

/** The kind of a rule's results: `deny`, `violation` and `warn`, each with `_suffix` groups; undefined for other rules. */
export function resultKindOf(ruleName: string): ResultKind | undefined {
  if (failureName.test(ruleName)) {
    return "failure";
  }
  return warningName.test(ruleName) ? "warning" : undefined;
}

/** What an `exception` rule calls a rule: its name without `deny_`, `violation_` or `warn_`. */
export function exceptionNameOf(ruleName: string): string {
  return ruleName
    .replace(/^(deny|violation|warn)$/, "")
    .replace(/^violation_/, "")
    .replace(/^deny_/, "")
    .replace(/^warn_/, "");
}
