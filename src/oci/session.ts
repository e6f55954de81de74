import type { RegistryStatistics } from "../types/index.ts";
import { createDeadline, raceAbort, throwIfAborted } from "./abort.ts";
import { OciError } from "./errors.ts";
import { createExchange, type ExchangeOptions, type RegistryRequest } from "./exchange.ts";
import { createPoliteness, toBackoffMs } from "./politeness.ts";
import type { RetrySettings } from "./registry-client.ts";
import { createSlots, type Slots } from "./slots.ts";
import type { TransportResponse } from "./transport.ts";

/** All traffic with one registry: its connections, pace, retries and counts. */
export interface RegistrySession {
  /** Asks, with retries, and gives what `consume` makes of the answer; the whole must end within the time limit. */
  request<T>(request: RegistryRequest, consume: (response: TransportResponse) => Promise<T>): Promise<T>;
  /** Asks, with retries until the headers are there. The body holds a connection until it is read or discarded. */
  open(request: RegistryRequest): Promise<TransportResponse>;
  /** Whether another try may follow a fault: pauses as long as it takes. Gives false when it may not. */
  pauseAfter(fault: unknown, tries: number, request: RegistryRequest): Promise<boolean>;
  /** Who asks, as part of cache keys. */
  identity(repository: string, signal: AbortSignal): Promise<string>;
  countCacheHit(): void;
  statistics(): RegistryStatistics;
}

export interface SessionOptions extends Omit<ExchangeOptions, "politeness"> {
  retry: RetrySettings;
  requestTimeoutMs: number;
  connections: number;
  /** Shared by all registries. */
  inFlight: Slots;
  offline: boolean;
  random: () => number;
}

/** What a try holds while its answer is read. */
interface Hold {
  stopClock(): void;
  release(): void;
}

type Consume<T> = (response: TransportResponse, hold: Hold) => Promise<T>;

export function createRegistrySession(options: SessionOptions): RegistrySession {
  const { registry, retry, clock } = options;
  const politeness = createPoliteness({ clock, random: options.random, retry, registry });
  const exchange = createExchange({ ...options, politeness });
  const slots = createSlots(options.connections);
  const counts = { retries: 0, cacheHits: 0 };

  /** Ends when the first request was answered: it learns how to prove who we are, and the others need not be refused. */
  let firstContact: Promise<void> | undefined;

  async function acquire({ signal, subject }: RegistryRequest): Promise<() => void> {
    const releaseOwn = await slots.acquire(signal, subject);
    try {
      const releaseShared = await options.inFlight.acquire(signal, subject);
      return () => {
        releaseOwn();
        releaseShared();
      };
    } catch (aborted) {
      releaseOwn();
      throw aborted;
    }
  }

  /** A place in the pool at a moment when the registry may be asked: it can say otherwise while we queue for the place. */
  async function acquireInPeace(request: RegistryRequest): Promise<() => void> {
    for (;;) {
      await politeness.wait(request.signal, request.subject);
      const release = await acquire(request);
      if (!politeness.isPaused()) return release;
      release();
    }
  }

  async function attemptInTurn<T>(request: RegistryRequest, consume: Consume<T>): Promise<T> {
    if (firstContact) {
      await raceAbort(firstContact, request.signal, request.subject);
      return attempt(request, consume);
    }
    let end = () => {};
    firstContact = new Promise((resolve) => {
      end = resolve;
    });
    try {
      return await attempt(request, async (response, hold) => {
        end();
        return consume(response, hold);
      });
    } finally {
      end();
    }
  }

  async function attempt<T>(request: RegistryRequest, consume: Consume<T>): Promise<T> {
    const { signal, subject } = request;
    const releaseSlots = await acquireInPeace(request);
    const deadline = createDeadline(signal, options.requestTimeoutMs);
    const release = () => {
      deadline.release();
      releaseSlots();
    };
    try {
      const response = await exchange.ask({ ...request, signal: deadline.signal });
      return await consume(response, { stopClock: deadline.stop, release });
    } catch (thrown) {
      release();
      if (deadline.isOver && !signal.aborted) throw timedOut(subject, registry, options.requestTimeoutMs, thrown);
      throwIfAborted(signal, subject);
      throw thrown;
    }
  }

  async function pauseAfter(fault: unknown, tries: number, { signal, subject }: RegistryRequest): Promise<boolean> {
    if (!(fault instanceof OciError && fault.retryable) || signal.aborted || tries >= retry.maxRetries) return false;
    const backoffMs = toBackoffMs(tries, retry, options.random);
    if (fault.code === "rate-limited") politeness.askedToWait(backoffMs);
    if (politeness.isHopeless()) return false;
    counts.retries += 1;
    options.log.debug(`${fault.message}; try ${tries + 2} of ${retry.maxRetries + 1}`);
    if (fault.code !== "rate-limited") await clock.sleep(backoffMs, signal).catch(() => {});
    throwIfAborted(signal, subject);
    return true;
  }

  async function ask<T>(request: RegistryRequest, consume: Consume<T>): Promise<T> {
    if (options.offline) throw notAsked(request.subject, registry);
    for (let tries = 0; ; tries += 1) {
      try {
        return await attemptInTurn(request, consume);
      } catch (fault) {
        if (!(await pauseAfter(fault, tries, request))) throw fault;
      }
    }
  }

  return {
    request: (request, consume) =>
      ask(request, async (response, hold) => {
        try {
          return await consume(response);
        } finally {
          response.discard();
          hold.release();
        }
      }),
    open: (request) =>
      ask(request, async (response, hold) => {
        hold.stopClock();
        return holdUntilRead(response, hold.release);
      }),
    pauseAfter,
    identity: exchange.identity,
    countCacheHit() {
      counts.cacheHits += 1;
    },
    statistics: () => ({ ...exchange.counts, ...counts, throttledMs: Math.round(politeness.throttledMs) }),
  };
}

function holdUntilRead(response: TransportResponse, release: () => void): TransportResponse {
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      yield* response.body;
    } finally {
      release();
    }
  }
  return {
    ...response,
    body: read(),
    discard() {
      response.discard();
      release();
    },
  };
}

function timedOut(subject: string, registry: string, timeoutMs: number, cause: unknown): OciError {
  return new OciError(`${subject}: ${registry} did not answer within ${timeoutMs} ms`, {
    code: "timeout",
    subject,
    cause,
  });
}

function notAsked(subject: string, registry: string): OciError {
  return new OciError(`${subject}: not in the cache, and ${registry} is not asked because of --offline`, {
    code: "offline",
    subject,
  });
}
