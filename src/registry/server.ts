import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createRegistry } from "./handler.ts";
import type { RunningRegistry, StartRegistryOptions } from "./options.ts";

/** Bytes that may wait between a socket and a file: more at once means fewer turns for each blob. */
const highWaterMark = 512 * 1024;

/**
 * Starts a registry on loopback, or on `host`.
 * @throws what listening throws, such as EADDRINUSE
 */
export async function startRegistry(options: StartRegistryOptions = {}): Promise<RunningRegistry> {
  options.signal?.throwIfAborted();
  const registry = createRegistry(options);
  const server =
    options.tls === undefined
      ? createServer({ highWaterMark }, registry.handle)
      : createTlsServer({ ...options.tls, highWaterMark }, registry.handle);
  // Longer than any client keeps an idle connection: who closes first is then never the server.
  server.keepAliveTimeout = 65_000;
  // A large blob over a slow line takes its time; only a connection on which nothing moves is given up.
  server.requestTimeout = 0;
  server.setTimeout(options.idleTimeoutMs ?? 5 * 60_000);
  const address = options.host ?? "127.0.0.1";
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, address, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = `${address.includes(":") ? `[${address}]` : address}:${port}`;
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return closing;
  };
  options.signal?.addEventListener("abort", () => void close(), { once: true });
  return {
    url: `${options.tls === undefined ? "http" : "https"}://${host}`,
    host,
    port,
    get requests() {
      return registry.requests;
    },
    get requestCount() {
      return registry.requestCount;
    },
    forgetRequests: registry.forgetRequests,
    close,
  };
}
