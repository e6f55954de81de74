import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Digest, type JsonObject, silentLog, toDigest } from "../types/index.ts";
import { createRegistryClient } from "./client.ts";
import type { CredentialStore } from "./credentials.ts";
import type { Clock, RegistryClient, RegistryClientOptions } from "./registry-client.ts";

export interface SeenRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export type Answer = (request: SeenRequest, response: ServerResponse) => void;

/** A registry that says exactly what a test tells it to, for the protocol's quirks. */
export interface FakeRegistry {
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly seen: SeenRequest[];
  /** Answers `METHOD /path` (the query does not count); a list answers one after the other, the last one for ever. */
  on(route: string, ...answers: readonly Answer[]): void;
  addManifest(repository: string, body: JsonObject, tag?: string): { digest: Digest; bytes: Buffer };
  addBlob(repository: string, bytes: Uint8Array): Digest;
  countOf(route: string): number;
  close(): Promise<void>;
}

export async function createFakeRegistry(): Promise<FakeRegistry> {
  const routes = new Map<string, Answer[]>();
  const seen: SeenRequest[] = [];
  const server = createServer((incoming, response) => {
    const pieces: Buffer[] = [];
    incoming.on("data", (piece: Buffer) => pieces.push(piece));
    incoming.on("end", () => {
      const { method = "", url = "", headers } = incoming;
      const known = { method, url, headers, body: Buffer.concat(pieces).toString() };
      seen.push(known);
      const answers = routes.get(`${method} ${url.split("?")[0]}`);
      const answer = answers && answers.length > 1 ? answers.shift() : answers?.[0];
      (answer ?? plain(404, "{}"))(known, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const on: FakeRegistry["on"] = (route, ...answers) => void routes.set(route, [...answers]);

  return {
    host,
    seen,
    on,
    countOf: (route) => seen.filter(({ method, url }) => `${method} ${url.split("?")[0]}` === route).length,
    addManifest(repository, body, tag) {
      const bytes = Buffer.from(JSON.stringify(body));
      const digest = toDigest(bytes);
      const type = typeof body.mediaType === "string" ? body.mediaType : "application/json";
      for (const name of tag === undefined ? [digest] : [digest, tag]) {
        const headers = { "content-type": type, "docker-content-digest": digest };
        on(`GET /v2/${repository}/manifests/${name}`, plain(200, bytes, headers));
        on(`HEAD /v2/${repository}/manifests/${name}`, plain(200, bytes, headers));
      }
      return { digest, bytes };
    },
    addBlob(repository, bytes) {
      const digest = toDigest(bytes);
      on(`GET /v2/${repository}/blobs/${digest}`, plain(200, bytes));
      on(`HEAD /v2/${repository}/blobs/${digest}`, plain(200, bytes));
      return digest;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function plain(status: number, body: string | Uint8Array = "", headers: Record<string, string> = {}): Answer {
  return ({ method }, response) => {
    response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers });
    response.end(method === "HEAD" ? undefined : body);
  };
}

/** Writes these bytes to the connection in place of an answer, and ends it where `ends`. */
export function raw(text: string | Uint8Array, { ends = false } = {}): Answer {
  return (_request, { socket }) => {
    socket?.write(text);
    if (ends) socket?.end();
  };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return plain(status, JSON.stringify(body), { "content-type": "application/json", ...headers });
}

/** A clock that stands still but for sleeping, which takes no time. */
export function createFakeClock(): Clock & { readonly slept: number[] } {
  let now = Date.parse("2026-01-01T00:00:00Z");
  const slept: number[] = [];
  return {
    slept,
    nowMs: () => now,
    async sleep(ms, signal) {
      signal.throwIfAborted();
      slept.push(ms);
      now += ms;
    },
  };
}

/** A clock that stands still until the test moves it on; who sleeps until then wakes up. */
export function createHeldClock(): Clock & { readonly sleepers: number; advance(ms: number): void } {
  let now = Date.parse("2026-01-01T00:00:00Z");
  const sleepers = new Set<{ untilMs: number; wake(): void }>();
  return {
    nowMs: () => now,
    sleep: (ms) => new Promise((wake) => void sleepers.add({ untilMs: now + ms, wake })),
    get sleepers() {
      return sleepers.size;
    },
    advance(ms) {
      now += ms;
      for (const sleeper of [...sleepers].filter(({ untilMs }) => untilMs <= now)) {
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}

export const anonymous: CredentialStore = { find: async () => undefined };

/** Short waits, by the real clock. */
export const testOptions: RegistryClientOptions = {
  credentials: anonymous,
  log: silentLog,
  insecureRegistries: [],
  retry: { maxRetries: 3, baseMs: 100, maxWaitMs: 3000, factor: 2, jitter: 0 },
  requestTimeoutMs: 5000,
  pull: "if-newer",
  offline: false,
  proxy: {},
  random: () => 0.5,
};

/** A client that waits for nothing; a test says what it changes. */
export function createTestClient(options: Partial<RegistryClientOptions> = {}): RegistryClient {
  return createRegistryClient({ ...testOptions, clock: createFakeClock(), ...options });
}

export const noSignal = new AbortController().signal;

export const emptyConfig = {
  mediaType: "application/vnd.oci.image.config.v1+json",
  digest: toDigest(Buffer.from("{}")),
  size: 2,
} as const;

export const ociImage: JsonObject = {
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  config: emptyConfig,
  layers: [],
};

/** All bytes of a stream. */
export async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}
