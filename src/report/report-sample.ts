import type { ComponentReport, Report } from "../types/index.ts";

/** Reports for the tests of this folder. */

const digest = `sha256:${"a".repeat(64)}`;

/** A component that passed, with what the test changes. */
export function componentOf(changes: Partial<ComponentReport> = {}): ComponentReport {
  return {
    name: "Unnamed",
    containerImage: `r.example/app@${digest}`,
    source: {},
    violations: [],
    warnings: [],
    successes: [],
    success: true,
    signatures: [],
    attestations: [],
    refused: [],
    skipped: [],
    excluded: [],
    statements: [],
    ...changes,
  };
}

/** A report made at 1970-01-01T00:00:00Z; its `success` follows from its components. */
export function reportOf(components: readonly ComponentReport[], changes: Partial<Report> = {}): Report {
  return {
    success: components.every(({ success }) => success),
    components,
    key: "",
    policy: {},
    version: "v1",
    effectiveTime: "2026-01-01T00:00:00Z",
    createdAtMs: 0,
    statistics: {},
    notes: [],
    ...changes,
  };
}

export const violated = componentOf({
  success: false,
  violations: [{ msg: "Fails", metadata: { code: "main.rejector" } }],
});

export const warned = componentOf({ warnings: [{ msg: "Careful", metadata: { code: "main.careful" } }] });

export const passed = componentOf({ successes: [{ msg: "Pass", metadata: { code: "main.acceptor" } }] });

export const undecided = componentOf({
  success: false,
  error: { code: "TIMED_OUT", message: "the registry did not answer within 30 s; try again" },
});

/** Everything shown. */
export const shownOptions = {
  showSuccesses: true,
  showWarnings: true,
  showPolicyDocsLink: true,
  includeSuccesses: true,
} as const;

/** The options without any flag. */
export const defaultOptions = {
  showSuccesses: false,
  showWarnings: true,
  showPolicyDocsLink: false,
  includeSuccesses: false,
} as const;
