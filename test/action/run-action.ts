import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { bundle, type Outcome, root } from "../sealcheck.ts";

export interface ActionRun extends Outcome {
  outputs: Readonly<Record<string, string>>;
  summary: string;
  /** Workflow commands that a runner would carry out, in order: not those between `stop-commands` and its token. */
  commands: readonly WorkflowCommand[];
}

export interface WorkflowCommand {
  name: string;
  properties: string;
  message: string;
}

/** A runner's machine: its folders outlive a step, as a self-hosted runner's do. */
export interface Runner {
  readonly home: string;
  readonly workspace: string;
  run(inputs: Readonly<Record<string, string>>, env?: Readonly<Record<string, string>>): Promise<ActionRun>;
  close(): void;
}

interface ActionFile {
  inputs: Record<string, { default?: string }>;
  runs: { using: string; main: string };
}

export const actionFile = parse(readFileSync(join(root, "action.yml"), "utf8")) as ActionFile;

export function createRunner(): Runner {
  const folder = mkdtempSync(join(tmpdir(), "sealcheck-runner-"));
  const place = (name: string) => mkdtempSync(join(folder, `${name}-`));
  const home = place("home");
  const workspace = place("workspace");
  return {
    home,
    workspace,
    async run(inputs, env = {}) {
      const step = place("step");
      const [output, summary] = [join(step, "output"), join(step, "summary")];
      writeFileSync(output, "");
      writeFileSync(summary, "");
      const outcome = await start(workspace, {
        ...toInputVariables(inputs),
        PATH: process.env.PATH,
        HOME: home,
        GITHUB_ACTIONS: "true",
        GITHUB_SERVER_URL: "https://github.com",
        GITHUB_EVENT_NAME: "push",
        GITHUB_REF: "refs/heads/main",
        GITHUB_WORKSPACE: workspace,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
        RUNNER_TEMP: place("temp"),
        ...env,
      });
      return {
        ...outcome,
        outputs: parseOutputs(readFileSync(output, "utf8")),
        summary: readFileSync(summary, "utf8"),
        commands: findCommands(outcome.stdout),
      };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** As a runner sets them: every declared input, with its default or empty; and what the workflow has besides. */
function toInputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  const declared = Object.entries(actionFile.inputs).map(([name, { default: fallback }]) => [name, fallback ?? ""]);
  return Object.fromEntries(
    Object.entries({ ...Object.fromEntries(declared), ...inputs }).map(([name, value]) => [
      `INPUT_${name.replaceAll(" ", "_").toUpperCase()}`,
      String(value),
    ]),
  );
}

async function start(cwd: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const child = spawn(process.execPath, [bundle], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
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

/** `name<<delimiter`, lines, the delimiter. */
function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    const [, name, delimiter] = /^([^<]+)<<(.+)$/.exec(lines[at] ?? "") ?? [];
    if (name === undefined) continue;
    const end = lines.indexOf(delimiter ?? "", at + 1);
    outputs[name] = lines.slice(at + 1, end).join("\n");
    at = end;
  }
  return outputs;
}

/** What a runner takes for commands, of both notations: `::name properties::message` and `##[name properties]message`. */
function findCommands(stdout: string): WorkflowCommand[] {
  const commands: WorkflowCommand[] = [];
  let resumeToken: string | undefined;
  for (const line of stdout.split("\n")) {
    const match =
      /^\s*::([a-z-]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)$/i.exec(line) ??
      /##\[([a-z-]+)(?: ([^\]]*))?\](.*)$/i.exec(line);
    if (resumeToken !== undefined) {
      if (line.trim() === `::${resumeToken}::`) resumeToken = undefined;
    } else if (match?.[1] === "stop-commands") {
      resumeToken = match[3] ?? "";
    } else if (match !== null) {
      commands.push({ name: match[1] ?? "", properties: match[2] ?? "", message: match[3] ?? "" });
    }
  }
  if (resumeToken !== undefined) throw new Error("commands were stopped and not resumed");
  return commands;
}
