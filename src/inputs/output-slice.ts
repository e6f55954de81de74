import type { Environment, OutputSlice } from "./configuration.ts";
import { chooseColor } from "./environment.ts";
import { quote } from "./flag-parser.ts";
import type { FlagReader } from "./flag-reader.ts";
import { type OutputTarget, OutputTargetError, parseOutputTarget, type ReportOptions } from "./output-target.ts";

/** Which reports are written, where to, and how. */
export function readOutputSlice(flags: FlagReader, env: Environment): OutputSlice {
  const options: ReportOptions = {
    showSuccesses: flags.boolean("show-successes"),
    showWarnings: flags.boolean("show-warnings"),
    showPolicyDocsLink: flags.boolean("show-policy-docs-link"),
  };
  const outputFile = flags.text("output-file");
  const texts = [...flags.list("output"), ...(outputFile === undefined ? [] : [`json=${outputFile}`])];
  const targets = (texts.length === 0 ? ["text"] : texts).flatMap((text) => readTarget(flags, text, options));
  const color = chooseColor(env, { color: flags.boolean("color"), noColor: flags.boolean("no-color") });
  refuseSharedPaths(flags, targets);
  return { ...options, targets, color };
}

function readTarget(flags: FlagReader, text: string, options: ReportOptions): readonly OutputTarget[] {
  try {
    return [parseOutputTarget(text, options)];
  } catch (error) {
    if (!(error instanceof OutputTargetError)) {
      throw error;
    }
    flags.refuse(`--output=${text.slice(0, 80)}`, error.message);
    return [];
  }
}

function refuseSharedPaths(flags: FlagReader, targets: readonly OutputTarget[]): void {
  const seen = new Set<string>();
  for (const { path } of targets) {
    if (path !== undefined && seen.has(path)) {
      flags.refuse("--output", `two outputs go to the file ${quote(path)}, and one would overwrite the other`);
    }
    seen.add(path ?? "");
  }
}
