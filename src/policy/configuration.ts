import type { PolicySpec } from "./spec.ts";

/** Parses a policy configuration. */
export function parsePolicyConfiguration(text: string): PolicySpec {
  throw new Error(`not yet ${text}`);
}
