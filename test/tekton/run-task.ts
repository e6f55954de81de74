import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { bundle, type Outcome, root } from "../sealcheck.ts";

interface EnvironmentEntry {
  name: string;
  value: string;
}

interface Step {
  name: string;
  image?: string;
  onError?: "continue";
  command: string[];
  args?: string[];
  env?: EnvironmentEntry[];
}

interface Task {
  spec: {
    params: { name: string; default?: string }[];
    results: { name: string }[];
    workspaces: { name: string }[];
    stepTemplate: { image: string; env: EnvironmentEntry[] };
    steps: Step[];
  };
}

export interface TaskRun {
  /** What each step that ran printed, and its exit code. */
  steps: Readonly<Record<string, Outcome>>;
  succeeded: boolean;
  /** The result's text as it was written; undefined where no step wrote it. */
  testOutput: string | undefined;
  homeFile(name: string): Promise<string>;
}

export interface TaskRunOptions {
  parameters: Readonly<Record<string, string>>;
  workspaces?: Readonly<Record<string, string>>;
  /** Before the steps start: the folder that HOMEDIR is. */
  prepareHome?(home: string): Promise<void>;
  /** Steps that are killed before they begin. */
  killed?: readonly string[];
}

export async function readTask(): Promise<Task> {
  return parse(await readFile(join(root, "tekton", "task.yaml"), "utf8")) as Task;
}

/** Runs the steps of tekton/task.yaml as they stand there, in the way that Tekton has: substitution, order, `onError`. */
export async function runTask(options: TaskRunOptions): Promise<TaskRun> {
  const { spec } = await readTask();
  const folder = await mkdtemp(join(tmpdir(), "sealcheck-task-"));
  const home = join(folder, "home");
  await options.prepareHome?.(home);
  const given: Record<string, string> = { HOMEDIR: home, SEALCHECK_IMAGE: "image", ...options.parameters };
  const values = new Map<string, string>();
  for (const { name, default: fallback } of spec.params) {
    const value = given[name] ?? fallback;
    if (value === undefined) throw new Error(`the parameter ${name} has no default and was not given`);
    values.set(`params.${name}`, value);
  }
  for (const { name } of spec.results) values.set(`results.${name}.path`, join(folder, "results", name));
  for (const { name } of spec.workspaces) values.set(`workspaces.${name}.path`, options.workspaces?.[name] ?? "");
  const steps: Record<string, Outcome> = {};
  let succeeded = true;
  for (const step of spec.steps) {
    if (options.killed?.includes(step.name)) continue;
    const outcome = await runStep(step, spec.stepTemplate.env, (text) => substitute(text, values));
    steps[step.name] = outcome;
    if (outcome.exitCode !== 0 && step.onError !== "continue") {
      succeeded = false;
      break;
    }
  }
  const testOutput = await readFile(join(folder, "results", "TEST_OUTPUT"), "utf8").catch(() => undefined);
  removals.push(() => rm(folder, { recursive: true, force: true }));
  return { steps, succeeded, testOutput, homeFile: (name) => readFile(join(home, name), "utf8") };
}

const removals: (() => Promise<void>)[] = [];

/** Removes the folders of all runs. */
export async function removeTaskRuns(): Promise<void> {
  await Promise.all(removals.splice(0).map((remove) => remove()));
}

function substitute(text: string, values: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\(([\w.-]+)\)/g, (whole, name: string) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`nothing is known of ${whole}`);
    return value;
  });
}

/** A step's container: the image's files are where this repository has them, and nothing else is in the environment. */
async function runStep(step: Step, template: EnvironmentEntry[], fill: (text: string) => string): Promise<Outcome> {
  const [program, file, ...rest] = [...step.command, ...(step.args ?? [])].map(fill);
  if (program !== "node" || file !== "/opt/sealcheck/index.js") throw new Error(`${step.name} runs something else`);
  const entries = [...template, ...(step.env ?? [])].map(({ name, value }) => [name, fill(value)] as const);
  const child = spawn(process.execPath, [bundle, ...rest], {
    env: { ...Object.fromEntries(entries), PATH: process.env.PATH },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 128));
  });
  return { exitCode, stdout: Buffer.concat(stdout).toString("utf8"), stderr: Buffer.concat(stderr).toString("utf8") };
}
