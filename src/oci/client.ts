import { setTimeout as sleepFor } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { RegistryStatistics } from "../types/index.ts";
import { createBlobs } from "./blobs.ts";
import { toFileLimits } from "./file-limits.ts";
import { createPlainHttpRule } from "./hosts.ts";
import { createManifests } from "./manifests.ts";
import { normalizeRegistry } from "./reference.ts";
import { createReferrers } from "./referrers.ts";
import type { Clock, RegistryClient, RegistryClientOptions } from "./registry-client.ts";
import { createRegistrySession, type RegistrySession } from "./session.ts";
import { createSlots } from "./slots.ts";
import { listTags } from "./tag-list.ts";
import { createTags } from "./tags.ts";
import { createTransport } from "./transport.ts";

const defaults = {
  maxConnectionsPerRegistry: 8,
  maxInFlight: 64,
  maxMemoryBytes: 32 * 1024 * 1024,
  maxDocumentBytes: 64 * 1024 * 1024,
  userAgent: "sealcheck",
} as const;

const systemClock: Clock = {
  // Does not jump when the machine's clock is set: nobody would wait an hour for a second, or be told to.
  nowMs: () => Math.round(performance.timeOrigin + performance.now()),
  async sleep(ms, signal) {
    await sleepFor(ms, undefined, { signal });
  },
};

/** The client of all registries of a run. Loads and connects nothing before the first question. */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const connections = options.maxConnectionsPerRegistry ?? defaults.maxConnectionsPerRegistry;
  const maxMemoryBytes = options.maxMemoryBytes ?? defaults.maxMemoryBytes;
  const isPlainHttpAllowed = createPlainHttpRule(options.insecureRegistries);
  const transport = createTransport({
    connectionsPerOrigin: connections,
    timeoutMs: options.requestTimeoutMs,
    proxy: options.proxy,
    ...(options.extraCaPem === undefined ? {} : { extraCaPem: options.extraCaPem }),
  });
  const inFlight = createSlots(options.maxInFlight ?? defaults.maxInFlight);
  const sessions = new Map<string, RegistrySession>();

  /** One for each registry, however its name is written. */
  function sessionFor(name: string): RegistrySession {
    const registry = normalizeRegistry(name);
    const known = sessions.get(registry);
    if (known) return known;
    const session = createRegistrySession({
      registry,
      credentials: options.credentials,
      isIdentityDurable: options.store !== undefined,
      log: options.log,
      retry: options.retry,
      requestTimeoutMs: options.requestTimeoutMs,
      connections,
      inFlight,
      isPlainHttpAllowed,
      tokenServices: findTokenServices(registry, options.tokenServices ?? []),
      offline: options.offline,
      transport,
      userAgent: options.userAgent ?? defaults.userAgent,
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
    });
    sessions.set(registry, session);
    return session;
  }

  const { store, pull, offline } = options;
  const shared = {
    sessionFor,
    store,
    maxMemoryBytes: Math.max(1, Math.floor(maxMemoryBytes / 2)),
  };
  const manifests = createManifests({ ...shared, readsStore: pull !== "always" || offline });
  const blobs = createBlobs(shared);
  const tags = createTags({ sessionFor, manifests, store, pull, offline });
  const referrers = createReferrers({
    sessionFor,
    manifests,
    store,
    offline,
    onSkipped: toOnce((message) => options.log.warning(message)),
  });

  return {
    ...tags,
    ...blobs,
    fetchReferrers: referrers.fetchReferrers,
    unaskedAnswers: () => [...tags.unaskedAnswers(), ...referrers.unasked()],
    fileLimits: toFileLimits(options.maxDocumentBytes ?? defaults.maxDocumentBytes),
    fetchManifest: (ref, request) => manifests.fetch(ref, request),
    listTags: (ref, request) => listTags(sessionFor(ref.registry), ref, request),
    statistics: () => toStatistics(sessions),
    async close() {
      await transport.close();
      await store?.close();
    },
  };
}

function findTokenServices(registry: string, services: readonly { registry: string; host: string }[]): string[] {
  const name = normalizeRegistry(registry);
  return services.filter((service) => normalizeRegistry(service.registry) === name).map(({ host }) => host);
}

/** Passes each text on once: lists of one image, with a filter and without, leave out the same. */
function toOnce(tell: (message: string) => void): (message: string) => void {
  const told = new LRUCache<string, true>({ max: 1000 });
  return (message) => {
    if (told.has(message)) return;
    told.set(message, true);
    tell(message);
  };
}

function toStatistics(sessions: ReadonlyMap<string, RegistrySession>): Record<string, RegistryStatistics> {
  return Object.fromEntries([...sessions].map(([registry, session]) => [registry, session.statistics()]));
}
