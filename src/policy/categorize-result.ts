import type { Json } from "../types/index.ts";
import type { WorkingResult } from "./augment-result.ts";
import { parseUtcTime } from "./rfc3339.ts";

function severityOf(result: WorkingResult, notes: Set<string>): string {
  const severity = result.metadata.severity as Json | undefined;
  if (severity === "failure" || severity === "warning" || severity === undefined) {
    return severity ?? "";
  }
  notes.add(`Ignoring unexpected "severity" value ${JSON.stringify(severity)}: expected "failure" or "warning"`);
  return "";
}

/** Whether a result's date has come; one that does not parse counts as come. */
function isEffective(result: WorkingResult, timeNs: bigint, notes: Set<string>): boolean {
  const text = result.metadata.effective_on as Json | undefined;
  if (text === undefined) {
    return true;
  }
  const ns = typeof text === "string" ? parseUtcTime(text) : undefined;
  if (ns === undefined) {
    notes.add(`Invalid "effective_on" value ${JSON.stringify(text)}: expected UTC with Z, as in 2026-01-31T00:00:00Z`);
    return true;
  }
  return ns < timeNs;
}

/**
 * Decides whether a result is a violation or a warning: by its rule's kind (each result keeps its own), its severity,
 * and its date. A failure that is not yet in effect is a warning that says from when on it is not.
 */
export function categorizeResult(result: WorkingResult, timeNs: bigint, notes: Set<string>): WorkingResult {
  const severity = severityOf(result, notes);
  if (result.kind === "warning") {
    return severity === "failure" ? { ...result, kind: "failure" } : result;
  }
  if (severity === "warning") {
    return { ...result, kind: "warning" };
  }
  if (isEffective(result, timeNs, notes)) {
    return result;
  }
  const msg = `${result.msg.replace(/\.$/, "")}. This will become a failure starting on ${result.metadata.effective_on}`;
  return { ...result, kind: "warning", msg };
}
