export const reportFormats = [
  "json",
  "yaml",
  "text",
  "appstudio",
  "summary",
  "summary-markdown",
  "junit",
  "attestation",
  "policy-input",
] as const;

export type ReportFormat = (typeof reportFormats)[number];

/** What a report shows. Only `text` looks at a target's own options; the other formats follow the global flags. */
export interface ReportOptions {
  readonly showSuccesses: boolean;
  readonly showWarnings: boolean;
  readonly showPolicyDocsLink: boolean;
}

export interface TargetOptions extends ReportOptions {
  /** The global `--show-successes`: without it no format has a list of successes. */
  readonly includeSuccesses: boolean;
}

/** Where one rendering of the report goes. */
export interface OutputTarget {
  readonly format: ReportFormat;
  /** Absent: standard output. */
  readonly path?: string;
  readonly options: TargetOptions;
}

/** Thrown by `parseOutputTarget`. */
export class OutputTargetError extends Error {}

/**
 * `format[=path][?option=value&...]` (PARITY 8.1). An empty format is json, `hacbs` is appstudio.
 * Throws `OutputTargetError` for an unknown format and for an option's value that is no boolean.
 */
export function parseOutputTarget(text: string, defaults: ReportOptions): OutputTarget {
  throw new OutputTargetError(`not written ${text} ${defaults.showSuccesses}`);
}
