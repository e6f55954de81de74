import { type Command, parseCommandLine } from "../inputs/index.ts";
import { processConsole } from "./console.ts";
import { EntryError } from "./errors.ts";
import { createLog } from "./log.ts";
import { runProgram } from "./ports/programs.ts";
import { version } from "./version.ts";
import type { Machine } from "./wiring.ts";

/** Runs what the arguments ask for and returns the exit code. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort(new EntryError("interrupted", { code: "interrupted", retryable: true }));
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    return await runCommand(parseCommandLine(argv, process.env), interruption.signal);
  } catch (error) {
    const { toProblem } = await import("./problems.ts"); // it knows the errors of all stages: loaded where there is one
    const problem = toProblem(error);
    processConsole.writeError(`error: ${problem.text}\n`);
    return problem.exitCode;
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

async function runCommand(command: Command, signal: AbortSignal): Promise<number> {
  switch (command.kind) {
    case "version":
      processConsole.writeOut(`${version}\n`);
      return 0;
    case "help":
      processConsole.writeOut(command.text);
      return 0;
    default:
      return await runWithMachine(command, signal);
  }
}

type WorkingCommand = Exclude<Command, { kind: "version" | "help" }>;

/** Each command loads its own code: starting costs what is used. */
async function runWithMachine(command: WorkingCommand, signal: AbortSignal): Promise<number> {
  const log = createLog(command.configuration.logLevel, (line) => processConsole.writeError(`${line}\n`));
  const machine: Machine = { env: process.env, log, runProgram };
  switch (command.kind) {
    case "validate-image": {
      const { runValidateImage } = await import("./commands/validate-image.ts");
      return await runValidateImage(command.configuration, machine, processConsole, signal);
    }
    case "demo": {
      const { runDemo } = await import("./commands/demo.ts");
      return await runDemo(command.configuration, machine, processConsole, signal);
    }
    case "test": {
      const { runRegoTests } = await import("./commands/test.ts");
      return await runRegoTests(command.configuration, machine, processConsole, signal);
    }
    case "eval": {
      const { runRegoEval } = await import("./commands/eval.ts");
      return await runRegoEval(command.configuration, machine, processConsole, signal);
    }
    case "check": {
      const { runRegoCheck } = await import("./commands/check.ts");
      return await runRegoCheck(command.configuration, machine, processConsole, signal);
    }
    case "registry": {
      const { runRegistry } = await import("./commands/registry.ts");
      return await runRegistry(command.configuration, machine, processConsole, signal);
    }
    case "task": {
      const { runTask } = await import("./task.ts");
      return await runTask(command.configuration, machine, processConsole, signal);
    }
    case "cache": {
      const { runCacheCommand } = await import("./commands/cache.ts");
      return await runCacheCommand(command.configuration, machine, processConsole, signal);
    }
  }
}
