import type { RegistryHandler, RegistryOptions } from "./options.ts";

export function createRegistry(_options: RegistryOptions = {}): RegistryHandler {
  throw new Error("not yet");
}
