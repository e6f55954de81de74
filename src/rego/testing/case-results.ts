import type { CaseResult } from "./results.ts";

interface OpenCase extends CaseResult {
  fail: boolean;
  cases: Map<string, OpenCase>;
}

/**
 * A table's cases: those in its document (a member that is not true has failed), and those that were begun and are not in it, which
 * have failed, too.
 */
export function readCases(document: unknown, begun: unknown): Map<string, CaseResult> {
  const cases = readMembers(document);
  for (const names of Array.isArray(begun) ? begun : []) {
    if (Array.isArray(names)) addBegun(cases, names.map(toCaseName), 0);
  }
  return cases;
}

function readMembers(document: unknown): Map<string, OpenCase> {
  const members = new Map<string, OpenCase>();
  if (typeof document !== "object" || document === null || Array.isArray(document)) return members;
  for (const [name, value] of Object.entries(document)) members.set(name, readMember(value));
  return members;
}

function readMember(value: unknown): OpenCase {
  if (typeof value === "boolean") return { fail: !value, cases: new Map() };
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { fail: true, cases: new Map() };
  const cases = readMembers(value);
  return { fail: [...cases.values()].some(({ fail }) => fail), cases };
}

/** Whether the case, or one inside it, has failed. */
function addBegun(cases: Map<string, OpenCase>, names: readonly string[], at: number): boolean {
  const name = names[at];
  if (name === undefined) return false;
  let entry = cases.get(name);
  if (entry === undefined) {
    entry = { fail: true, cases: new Map() };
    cases.set(name, entry);
  }
  if (at < names.length - 1 && addBegun(entry.cases, names, at + 1)) entry.fail = true;
  return entry.fail;
}

/** As OPA names a case. */
export function toCaseName(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "INVALID");
}
