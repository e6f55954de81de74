import { OciError } from "./errors.ts";
import type { RegistryClient, RegistryClientOptions } from "./registry-client.ts";

/** The client of all registries of a run. */
export function createRegistryClient(_options: RegistryClientOptions): RegistryClient {
  throw new OciError("being built", { code: "invalid-response" });
}
