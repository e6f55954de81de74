import { parseBoolean } from "./values.ts";

/** The formats of a report, as `--output` names them. */
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

/** Thrown by `parseOutputTarget`; the message says what was expected, what came and what to do. */
export class OutputTargetError extends Error {}

function isReportFormat(text: string): text is ReportFormat {
  return reportFormats.some((format) => format === text);
}

function parseFormat(text: string): ReportFormat {
  if (text === "") {
    return "json";
  }
  if (text === "hacbs") {
    return "appstudio";
  }
  if (text === "vsa") {
    throw new OutputTargetError("the format vsa is not supported yet; use json, which has the same verdicts");
  }
  if (!isReportFormat(text)) {
    throw new OutputTargetError(`expected one of ${reportFormats.join(", ")}, got the format ${JSON.stringify(text)}`);
  }
  return text;
}

function parseOption(query: URLSearchParams, name: string, fallback: boolean): boolean {
  const text = query.get(name) ?? "";
  const value = text === "" ? fallback : parseBoolean(text);
  if (value === undefined) {
    throw new OutputTargetError(`expected ${name}=true or ${name}=false, got ${JSON.stringify(text)}`);
  }
  return value;
}

/**
 * `format[=path][?option=value&...]` (PARITY 8.1). An empty format is json, `hacbs` is appstudio; unknown options are
 * ignored. Throws `OutputTargetError` for an unknown format and for an option's value that is no boolean.
 */
export function parseOutputTarget(text: string, defaults: ReportOptions): OutputTarget {
  const [, target = "", queryText = ""] = /^([^?]*)\??([\s\S]*)$/.exec(text) ?? [];
  const [, format = "", path = ""] = /^([^=]*)=?([\s\S]*)$/.exec(target) ?? [];
  const query = new URLSearchParams(queryText);
  return {
    format: parseFormat(format),
    ...(path === "" ? {} : { path }),
    options: {
      showSuccesses: parseOption(query, "show-successes", defaults.showSuccesses),
      showWarnings: parseOption(query, "show-warnings", defaults.showWarnings),
      showPolicyDocsLink: parseOption(query, "show-policy-docs-link", defaults.showPolicyDocsLink),
      includeSuccesses: defaults.showSuccesses,
    },
  };
}
