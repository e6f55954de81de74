import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "../disk/index.ts";
import { parseTaskParameters, readTaskPlaces, type TaskPlaces, type TaskStepConfiguration } from "../inputs/index.ts";
import type { HttpPort } from "../policy/index.ts";
import { type AppStudioResult, decideExitCode, toAppStudioResult } from "../report/index.ts";
import { type Log, type Report, toErrorMessage } from "../types/index.ts";
import { toVerdict, validateAndReport } from "./commands/validate-image.ts";
import type { Console } from "./console.ts";
import { EntryError } from "./errors.ts";
import { exitCodes } from "./exit-codes.ts";
import { readExtraCertificates } from "./ports/certificates.ts";
import { createClusterReader } from "./ports/cluster.ts";
import { localFiles } from "./ports/files.ts";
import { createHttpPort } from "./ports/http.ts";
import { readProxySettings } from "./ports/proxy-agent.ts";
import { toProblem } from "./problems.ts";
import { resolveTaskLookups } from "./task-lookups.ts";
import { version } from "./version.ts";
import type { Machine } from "./wiring.ts";

/** What the step `validate` leaves for the step `assert`, in the folder that the steps share. */
const outcomeName = "sealcheck-outcome.json";
const maxOutcomeBytes = 4096;
/** Tekton cuts off a step's results at 4 KiB, all of them together. */
const maxNoteLength = 1000;

/**
 * `sealcheck task validate` and `sealcheck task assert`: the steps of the Tekton task. The first validates, writes the
 * reports and TEST_OUTPUT, and leaves its exit code; the second ends with that code. So a task whose first step fails
 * has its results, and still fails.
 */
export async function runTask(
  step: TaskStepConfiguration,
  machine: Machine,
  console: Console,
  signal: AbortSignal,
): Promise<number> {
  const places = readTaskPlaces(machine.env);
  return step.step === "assert"
    ? await assertOutcome(places, machine.log)
    : await validate(places, machine, console, signal);
}

async function validate(places: TaskPlaces, machine: Machine, console: Console, signal: AbortSignal): Promise<number> {
  const outcomePath = join(places.homeDirectory, outcomeName);
  // Of an earlier run with the same folder: this step may be killed before it writes its own.
  await rm(outcomePath, { force: true }).catch((error: unknown) => Promise.reject(toUnwritable(outcomePath, error)));
  try {
    const { report, strict } = await validateParameters(machine, console, signal);
    const exitCode = decideTaskExitCode(report, strict);
    if (exitCode !== exitCodes.passed) machine.log.error(toTaskVerdict(report));
    await writeBelow(outcomePath, `${JSON.stringify({ exitCode })}\n`);
    return exitCode;
  } catch (error) {
    throw await leaveProblem(error, outcomePath, places);
  }
}

/** Writes results for a run without a report; what cannot be written is told together with the error that came before. */
async function leaveProblem(error: unknown, outcomePath: string, places: TaskPlaces): Promise<unknown> {
  const problem = toProblem(error);
  const result = `${JSON.stringify(toErrorResult(problem.text))}\n`;
  const settled = await Promise.allSettled([
    places.resultPath === undefined ? undefined : writeBelow(places.resultPath, result),
    writeBelow(outcomePath, `${JSON.stringify({ exitCode: problem.exitCode })}\n`),
  ]);
  const faults = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  return faults.length === 0 ? error : new AggregateError([error, ...faults], "results could not be written");
}

async function validateParameters(
  machine: Machine,
  console: Console,
  signal: AbortSignal,
): Promise<{ report: Report; strict: boolean }> {
  const { env, log } = machine;
  const task = parseTaskParameters(env);
  for (const name of task.ineffective) log.warning(`the parameter ${name} has no effect`);
  const configuration = await resolveTaskLookups(
    task,
    {
      cluster: createClusterReader({ env, userAgent: `sealcheck/${version}` }),
      files: localFiles,
      http: { get: async (url, options) => (await createTaskHttpPort(machine)).get(url, options) },
      writeFile: writeBelow,
      log,
    },
    signal,
  );
  const report = await validateAndReport(configuration, machine, { console, signal });
  return { report, strict: configuration.run.strict };
}

/** Made only where something is downloaded: the folders of SSL_CERT_DIR hold hundreds of files. */
async function createTaskHttpPort({ env }: Machine): Promise<HttpPort> {
  const ca = await readExtraCertificates(env);
  return createHttpPort({ version, proxy: readProxySettings(env), ...(ca === undefined ? {} : { ca }) });
}

/** As on the command line; and where nothing was checked, a strict task fails too. */
function decideTaskExitCode(report: Report, strict: boolean): number {
  const exitCode = decideExitCode(report, { strict });
  const nothingChecked = toAppStudioResult(report).result === "SKIPPED";
  return exitCode === exitCodes.passed && strict && nothingChecked ? exitCodes.refused : exitCode;
}

function toTaskVerdict(report: Report): string {
  return toVerdict(report) || "nothing was checked: the snapshot has no components, or every check was left out";
}

/** TEST_OUTPUT of a run that did not come to a report. */
function toErrorResult(problem: string): AppStudioResult {
  const note = problem.length > maxNoteLength ? `${problem.slice(0, maxNoteLength)}...` : problem;
  return {
    timestamp: String(Math.floor(Date.now() / 1000)),
    namespace: "",
    successes: 0,
    failures: 0,
    warnings: 0,
    result: "ERROR",
    note,
  };
}

async function assertOutcome(places: TaskPlaces, log: Log): Promise<number> {
  const path = join(places.homeDirectory, outcomeName);
  if ((await localFiles.kindOf(path)) !== "file") throw toMissing(path);
  const text = new TextDecoder().decode(await localFiles.read(path, { maxBytes: maxOutcomeBytes }));
  const exitCode = /^\{"exitCode":(\d{1,3})\}\n$/.exec(text)?.[1];
  if (exitCode === undefined) throw toMissing(path);
  if (Number(exitCode) !== exitCodes.passed) log.error(`the step validate ended with exit code ${exitCode}`);
  return Number(exitCode);
}

function toMissing(path: string): EntryError {
  return new EntryError(
    `the step validate left no outcome at ${path}: it was killed (see its memory limit), or HOMEDIR is not shared between the steps`,
    // No outcome is no decision.
    { code: "task-outcome-missing", subject: path, retryable: true },
  );
}

async function writeBelow(path: string, content: Uint8Array | string): Promise<void> {
  try {
    await makeFolder(dirname(path));
    await writeFile(path, content);
  } catch (error) {
    throw toUnwritable(path, error);
  }
}

function toUnwritable(path: string, error: unknown): EntryError {
  return new EntryError(`${path} could not be written: ${toErrorMessage(error)}`, {
    code: "output-failed",
    subject: path,
    cause: error,
  });
}
