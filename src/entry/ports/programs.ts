import { spawn } from "node:child_process";
import { toErrorMessage } from "../../types/index.ts";
import { EntryError } from "../errors.ts";

export interface ProgramCall {
  command: string;
  args: readonly string[];
  /** What the program reads on its standard input. */
  input?: string;
  cwd?: string;
  env?: Readonly<Record<string, string | undefined>>;
  /** Bytes of standard output at most; more ends the program. */
  maxBytes?: number;
  signal?: AbortSignal;
}

export interface ProgramResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs a program without a shell and returns what it printed, whatever its exit code. */
export type RunProgram = (call: ProgramCall) => Promise<ProgramResult>;

const defaultMaxBytes = 16 * 1024 * 1024;

/** @throws EntryError "program-missing" where the program is not installed, "program-failed" where it printed too much. */
export const runProgram: RunProgram = (call) =>
  new Promise((resolve, reject) => {
    const maxBytes = call.maxBytes ?? defaultMaxBytes;
    const child = spawn(call.command, call.args, {
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
      shell: false,
      ...(call.cwd === undefined ? {} : { cwd: call.cwd }),
      ...(call.env === undefined ? {} : { env: call.env }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    let outputBytes = 0;
    let errorBytes = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes <= maxBytes) output.push(chunk);
      else child.kill();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      errorBytes += chunk.length;
      if (errorBytes <= maxBytes) errors.push(chunk);
    });
    child.on("error", (error) => reject(call.signal?.aborted ? call.signal.reason : toStartFault(call.command, error)));
    child.on("close", (exitCode) => {
      if (outputBytes > maxBytes) {
        reject(new EntryError(`${call.command} printed more than ${maxBytes} bytes`, { code: "program-failed" }));
        return;
      }
      resolve({
        exitCode: exitCode ?? 1,
        stdout: Buffer.concat(output).toString("utf8"),
        stderr: Buffer.concat(errors).toString("utf8"),
      });
    });
    child.stdin.on("error", () => undefined); // a program that does not read its input closes it: its exit code tells
    child.stdin.end(call.input ?? "");
  });

function toStartFault(command: string, error: unknown): EntryError {
  return new EntryError(
    `${command} could not be started (${toErrorMessage(error)}): is it installed and on the PATH?`,
    {
      code: "program-missing",
      subject: command,
      cause: error,
    },
  );
}
