import type { RunningRegistry, StartRegistryOptions } from "./options.ts";

export async function startRegistry(_options: StartRegistryOptions = {}): Promise<RunningRegistry> {
  throw new Error("not yet");
}
