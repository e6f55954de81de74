import { InputError, type RegistryServerConfiguration } from "../../inputs/index.ts";
import {
  createMemoryStore,
  openDirectoryStore,
  type RunningRegistry,
  type StartRegistryOptions,
  startRegistry,
} from "../../registry/index.ts";
import { type Platform, toErrorMessage } from "../../types/index.ts";
import type { Console } from "../console.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Machine } from "../wiring.ts";

/** `sealcheck registry`: the embedded registry, until it is interrupted. */
export async function runRegistry(
  configuration: RegistryServerConfiguration,
  machine: Machine,
  console: Console,
  signal: AbortSignal,
): Promise<number> {
  const { directory, host, port, platforms, acceptMissingBlobs, maxBlobBytes } = configuration;
  const { log } = machine;
  const store = directory === undefined ? createMemoryStore() : await openDirectoryStore(directory, { log });
  const registry = await listen({
    host,
    port,
    store,
    log,
    acceptMissingBlobs,
    maxBlobBytes,
    maxRecordedRequests: 0,
    platforms: typeof platforms === "string" ? platforms : platforms.map(toPlatform),
  });
  console.writeOut(`${registry.url}\n`);
  await untilAborted(signal);
  await registry.close();
  return exitCodes.passed;
}

/** What keeps a server from listening is mostly what it was told: the address or the port. */
async function listen(options: StartRegistryOptions): Promise<RunningRegistry> {
  try {
    return await startRegistry(options);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE") {
      const message = `port ${options.port} of ${options.host} is in use; choose another one, or 0 for any that is free`;
      throw new InputError([{ subject: "--port", message }]);
    }
    if (code === "EACCES") {
      const message = `port ${options.port} is not allowed to this user; choose one from 1024, or 0 for any that is free`;
      throw new InputError([{ subject: "--port", message }]);
    }
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN") {
      const message = `expected an address of this machine, got ${options.host} (${toErrorMessage(error)}); 127.0.0.1 is loopback, 0.0.0.0 all addresses`;
      throw new InputError([{ subject: "--host", message }]);
    }
    throw error;
  }
}

/** The parser has let `os/architecture[/variant]` through only. */
function toPlatform(text: string): Platform {
  const [os = "", architecture = "", variant] = text.split("/");
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
