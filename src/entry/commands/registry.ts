import type { RegistryServerConfiguration } from "../../inputs/index.ts";
import { createDirectoryStore, createMemoryStore, startRegistry } from "../../registry/index.ts";
import type { Console } from "../console.ts";
import type { Machine } from "../wiring.ts";

/** `sealcheck registry`: the embedded registry, until it is interrupted. */
export async function runRegistry(
  configuration: RegistryServerConfiguration,
  machine: Machine,
  console: Console,
  signal: AbortSignal,
): Promise<number> {
  const { directory, host, port } = configuration;
  const store = directory === undefined ? createMemoryStore() : createDirectoryStore(directory);
  const registry = await startRegistry({ host, port, store, log: machine.log });
  console.writeOut(`${registry.url}\n`);
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await registry.close();
  return 0;
}
