import type { ValidateImageConfiguration } from "../../inputs/index.ts";
import { decideExitCode } from "../../report/index.ts";
import { validateImages } from "../../run/index.ts";
import type { RegistryStatistics, Report } from "../../types/index.ts";
import type { Console } from "../console.ts";
import { writeOutputs } from "../outputs.ts";
import { createProgress } from "../progress.ts";
import { type Machine, wireRun } from "../wiring.ts";

export interface ReportingOptions {
  console: Console;
  signal: AbortSignal;
  /** Runs when policy, key and snapshot were read, before any image is looked at. */
  beforeImages?: () => Promise<void>;
}

/** Validates and reports; returns the report for whoever needs more of it than its outputs. */
export async function validateAndReport(
  configuration: ValidateImageConfiguration,
  machine: Machine,
  options: ReportingOptions,
): Promise<Report> {
  const { console, signal, beforeImages } = options;
  const run = await wireRun(configuration, machine);
  try {
    const isQuiet = configuration.logLevel === "error";
    const onProgress = createProgress({ write: console.writeError, isTerminal: console.errorIsTerminal });
    const ports = { ...run.ports, ...(beforeImages === undefined ? {} : { beforeImages }) };
    const report = await validateImages(configuration, isQuiet ? ports : { ...ports, onProgress }, signal);
    for (const note of report.notes) machine.log.warning(note);
    for (const [registry, counts] of Object.entries(report.statistics))
      machine.log.debug(toStatisticsLine(registry, counts));
    await writeOutputs(report, configuration.output, {
      writeOut: console.writeOut,
      colorTerminal: console.outHasColors,
    });
    return report;
  } finally {
    await run.close();
  }
}

function toStatisticsLine(registry: string, counts: RegistryStatistics): string {
  const { requests, retries, bytesReceived, throttledMs, cacheHits } = counts;
  return `${registry}: ${requests} requests (${retries} of them retries), ${bytesReceived} bytes, ${throttledMs} ms waited as told, ${cacheHits} from the cache`;
}

/** `sealcheck validate image` */
export async function runValidateImage(
  configuration: ValidateImageConfiguration,
  machine: Machine,
  console: Console,
  signal: AbortSignal,
): Promise<number> {
  const report = await validateAndReport(configuration, machine, { console, signal });
  const exitCode = decideExitCode(report, configuration.run);
  if (exitCode !== 0) machine.log.error(toVerdict(report));
  return exitCode;
}

/** One line on why a run was no success. */
export function toVerdict(report: Report): string {
  const undecided = report.components.filter((component) => component.error !== undefined).length;
  const refused = report.components.filter((component) => component.violations.length > 0).length;
  const parts = [
    ...(refused > 0 ? [`${refused} of ${report.components.length} components violate the policy`] : []),
    ...(undecided > 0 ? [`${undecided} of ${report.components.length} components could not be decided`] : []),
  ];
  return parts.join("; ");
}
