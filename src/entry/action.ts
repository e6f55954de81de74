import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type ActionConfiguration, type Environment, parseActionInputs } from "../inputs/index.ts";
import { decideExitCode, renderAnnotations, renderJobSummary, renderReport } from "../report/index.ts";
import type { Report } from "../types/index.ts";
import { restoreRunCache, saveRunCache } from "./action-cache.ts";
import { toVerdict, validateAndReport } from "./commands/validate-image.ts";
import { type Console, processConsole } from "./console.ts";
import { exitCodes } from "./exit-codes.ts";
import { createLog } from "./log.ts";
import { localFiles } from "./ports/files.ts";
import type { RunProgram } from "./ports/programs.ts";
import { toProblem } from "./problems.ts";
import type { Machine } from "./wiring.ts";

/** GitHub takes 1 MiB of summary from a step, and drops a larger one whole. */
const maxSummaryBytes = 1024 * 1024;
const maxCacheFiles = 200_000;

/** Runs as a step of a GitHub workflow: inputs from the environment, outputs and summary to the runner's files. */
export async function runAction(): Promise<number> {
  const core = await import("@actions/core");
  try {
    const action = parseActionInputs(process.env);
    return await validateStep(action);
  } catch (error) {
    const problem = toProblem(error);
    core.setOutput("success", "false");
    core.setFailed(problem.text);
    return problem.exitCode;
  }
}

async function validateStep(action: ActionConfiguration): Promise<number> {
  const core = await import("@actions/core");
  const { configuration } = action;
  const log = createLog(core.isDebug() ? "debug" : configuration.logLevel, (line) => core.info(line));
  const machine: Machine = { env: process.env, log, runProgram: await createActionRunner() };
  const report = await withoutWorkflowCommands(() => validateWithCache(action, machine));
  await publish(report);
  const exitCode = decideExitCode(report, configuration.run);
  if (exitCode !== exitCodes.passed) core.setFailed(toVerdict(report));
  return exitCode;
}

/** One stream: the runner reads two without an order between them. */
const stepConsole: Console = { ...processConsole, writeError: processConsole.writeOut };

/**
 * What policies, registries and snapshots say is printed as it is, and must not be taken for a command to the runner: until
 * it sees the token again, which nobody can guess, the runner takes every line for text.
 */
async function withoutWorkflowCommands<Result>(run: () => Promise<Result>): Promise<Result> {
  const token = randomUUID();
  processConsole.writeOut(`::stop-commands::${token}\n`);
  try {
    return await run();
  } finally {
    processConsole.writeOut(`\n::${token}::\n`);
  }
}

/**
 * Restores what earlier runs left, and saves what this one adds: not in pull requests, whose code is not trusted.
 *
 * The runner's archives can write files outside of the cache's folder, so whoever may write the cache could change the
 * policy or the key in the workspace: they are read, and the policy is compiled, before anything is restored.
 */
async function validateWithCache(action: ActionConfiguration, machine: Machine): Promise<Report> {
  const { configuration } = action;
  const { directory } = configuration.cache;
  const { signal } = new AbortController();
  if (!action.cache || directory === undefined) {
    return await validateAndReport(configuration, machine, { console: stepConsole, signal });
  }
  const service = await import("@actions/cache");
  let restoredKey: string | undefined;
  const beforeImages = async () => {
    restoredKey = await restoreRunCache(service, directory, machine.log);
  };
  const report = await validateAndReport(configuration, machine, { console: stepConsole, signal, beforeImages });
  if (!isPullRequest(machine.env)) {
    const listing = await listCache(directory);
    if (listing !== "") await saveRunCache(service, directory, { restoredKey, listing, log: machine.log });
  }
  return report;
}

function isPullRequest(env: Environment): boolean {
  return (env.GITHUB_EVENT_NAME ?? "").startsWith("pull_request");
}

async function listCache(directory: string): Promise<string> {
  if ((await localFiles.kindOf(directory)) !== "directory") return "";
  return (await localFiles.list(directory, { maxFiles: maxCacheFiles })).join("\n");
}

/** Outputs, job summary and annotations. */
async function publish(report: Report): Promise<void> {
  const core = await import("@actions/core");
  const reportPath = join(process.env.RUNNER_TEMP ?? ".", "sealcheck-report.json");
  const { writeFile } = await import("node:fs/promises");
  const allResults = { showSuccesses: true, showWarnings: true, showPolicyDocsLink: false, includeSuccesses: true };
  await writeFile(reportPath, renderReport(report, { format: "json", options: allResults }));
  const pinned = report.components
    .map((component) => component.containerImage)
    .filter((image) => image.includes("@sha256:"));
  core.setOutput("success", String(report.success));
  core.setOutput("report", reportPath);
  core.setOutput("images", JSON.stringify(pinned));
  if (process.env.GITHUB_STEP_SUMMARY !== undefined) {
    await core.summary.addRaw(renderJobSummary(report, { maxBytes: maxSummaryBytes })).write();
  }
  for (const annotation of renderAnnotations(report)) {
    const properties = { title: annotation.title };
    if (annotation.level === "error") core.error(annotation.message, properties);
    else if (annotation.level === "warning") core.warning(annotation.message, properties);
    else core.notice(annotation.message, properties);
  }
}

/** Programs (git, credential helpers) run through `@actions/exec`, silently: what they print is not for the log. */
async function createActionRunner(): Promise<RunProgram> {
  const { getExecOutput } = await import("@actions/exec");
  return async (call) => {
    const env = Object.fromEntries(
      Object.entries(call.env ?? process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    const { exitCode, stdout, stderr } = await getExecOutput(call.command, [...call.args], {
      silent: true,
      ignoreReturnCode: true,
      env,
      input: Buffer.from(call.input ?? ""),
      ...(call.cwd === undefined ? {} : { cwd: call.cwd }),
    });
    return { exitCode, stdout, stderr };
  };
}
