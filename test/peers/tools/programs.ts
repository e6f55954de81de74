import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runRegoCheck } from "../../../src/entry/commands/check.ts";
import { runRegoEval } from "../../../src/entry/commands/eval.ts";
import { runRegoTests } from "../../../src/entry/commands/test.ts";
import type { Console } from "../../../src/entry/console.ts";
import { createLog } from "../../../src/entry/log.ts";
import { runProgram } from "../../../src/entry/ports/programs.ts";
import type { Machine } from "../../../src/entry/wiring.ts";
import { type Command, parseCommandLine } from "../../../src/inputs/index.ts";
import { root } from "../../sealcheck.ts";

/** What a program printed and how it ended. */
export interface Ending {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs a program in a folder, with a text on its standard input. */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, input = "" }: { cwd: string; input?: string },
): Promise<Ending> {
  const { NO_COLOR: _no, FORCE_COLOR: _force, NODE_OPTIONS: _options, ...env } = process.env;
  const child = spawn(program, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
  // A program that reads nothing may have ended before it is written to.
  child.stdin.on("error", () => undefined);
  const output: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  child.stdout.on("data", (chunk: Buffer) => output.stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.stderr.push(chunk));
  child.stdin.end(input);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 128));
  });
  return { exitCode, stdout: `${Buffer.concat(output.stdout)}`, stderr: `${Buffer.concat(output.stderr)}` };
}

/** Another process with the command line, from source. */
export function runFromSource(args: readonly string[], options: { cwd: string; input?: string }): Promise<Ending> {
  const quiet = "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON";
  return run(process.execPath, [quiet, join(root, "src", "main.ts"), ...args], options);
}

/** The command in this process, which is quicker. */
export async function runHere(args: readonly string[], cwd: string): Promise<Ending> {
  let stdout = "";
  let stderr = "";
  const console: Console = {
    writeOut: (text) => {
      stdout += text;
    },
    writeError: (text) => {
      stderr += text;
    },
    outHasColors: false,
    errorIsTerminal: false,
  };
  const before = process.cwd();
  process.chdir(cwd);
  try {
    const exitCode = await runCommand(parseCommandLine(args, {}), console);
    return { exitCode, stdout, stderr };
  } finally {
    process.chdir(before);
  }
}

async function runCommand(command: Command, console: Console): Promise<number> {
  const { signal } = new AbortController();
  const machine: Machine = { env: {}, log: createLog("error", () => undefined), runProgram };
  switch (command.kind) {
    case "test":
      return await runRegoTests(command.configuration, machine, console, signal);
    case "eval":
      return await runRegoEval(command.configuration, machine, console, signal);
    case "check":
      return await runRegoCheck(command.configuration, machine, console, signal);
    default:
      throw new Error(`expected test, eval or check, got ${command.kind}`);
  }
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
