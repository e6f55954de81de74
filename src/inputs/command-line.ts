import type { Command, Environment } from "./configuration.ts";

/**
 * Turns arguments (without `node` and the script) and the environment into one frozen command.
 * Throws `InputError` with every problem at once.
 */
export function parseCommandLine(argv: readonly string[], env: Environment, nowMs: number = Date.now()): Command {
  throw new Error(`not written ${argv} ${env} ${nowMs}`);
}
