import type { ActionConfiguration, Environment } from "./configuration.ts";

/**
 * Turns a runner's `INPUT_*` variables into one frozen configuration.
 * Throws `InputError` with every problem at once.
 */
export function parseActionInputs(env: Environment, nowMs: number = Date.now()): ActionConfiguration {
  throw new Error(`not written ${env} ${nowMs}`);
}
