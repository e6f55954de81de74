import { PolicyError } from "./errors.ts";
import { readPolicyText } from "./policy-text.ts";
import type { PolicyTextPorts } from "./ports.ts";
import type { PolicySpec } from "./spec.ts";

/** Splits `key=value` at the first `=`. */
function splitEntry(entry: string, index: number): [string, string] {
  const separator = entry.indexOf("=");
  if (separator === -1) {
    throw new PolicyError(
      `incorrect syntax for --extra-rule-data ${index}: expected key=value, found ${JSON.stringify(entry)}`,
      { code: "rule-data-invalid" },
    );
  }
  return [entry.slice(0, separator), entry.slice(separator + 1)];
}

/**
 * Sets each `key=value` as a text in the rule data of every source. A value that names a file, a repository or an
 * address, as `readPolicyText` has it, stands for the text that is there.
 *
 * @throws {PolicyError} `rule-data-invalid`, and what `readPolicyText` throws.
 */
export async function addExtraRuleData(
  spec: PolicySpec,
  entries: readonly string[],
  ports: PolicyTextPorts,
  options: { signal?: AbortSignal } = {},
): Promise<PolicySpec> {
  const pairs = entries.map(splitEntry);
  if (pairs.length === 0 || spec.sources === undefined) {
    return spec;
  }
  const texts = await Promise.all(
    pairs.map(async ([key, value]) => [key, await readPolicyText(value, ports, options)] as const),
  );
  const added = Object.fromEntries(texts);
  return {
    ...spec,
    sources: spec.sources.map((source) => ({ ...source, ruleData: { ...source.ruleData, ...added } })),
  };
}
