import type { Log, RegistryStatistics } from "../types/index.ts";
import { createDeadline, raceAbort, throwIfAborted } from "./abort.ts";
import { type Authorizer, createAuthorizer, unauthorized } from "./authorization.ts";
import { parseChallenges } from "./challenge.ts";
import type { CredentialStore } from "./credentials.ts";
import { OciError } from "./errors.ts";
import { toFaultError } from "./fault-answer.ts";
import { createPoliteness, parseRetryAfter, toBackoffMs } from "./politeness.ts";
import { followRedirects } from "./redirects.ts";
import type { Clock, RetrySettings } from "./registry-client.ts";
import { createSlots, type Slots } from "./slots.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

/** One question to a registry. */
export interface RegistryRequest {
  method: "GET" | "HEAD";
  /** Below the registry's root, with the query where there is one. */
  path: string;
  repository: string;
  headers?: Readonly<Record<string, string>>;
  /** Statuses besides 200 that are answers, not faults. */
  accepted?: readonly number[];
  signal: AbortSignal;
  subject: string;
}

export interface RegistrySession {
  /** Asks, with retries, and gives what `consume` makes of the answer; the whole must end within the time limit. */
  request<T>(request: RegistryRequest, consume: (response: TransportResponse) => Promise<T>): Promise<T>;
  /** Asks, with retries until the headers are there. The body holds a connection until it is read or discarded. */
  open(request: RegistryRequest): Promise<TransportResponse>;
  /** Whether another try may follow a fault: pauses as long as it takes. Gives false when it may not. */
  pauseAfter(fault: unknown, attempt: number, request: RegistryRequest): Promise<boolean>;
  /** Who asks, as part of cache keys. */
  identity(repository: string, signal: AbortSignal): Promise<string>;
  countCacheHit(): void;
  statistics(): RegistryStatistics;
}

export interface SessionOptions {
  registry: string;
  credentials: CredentialStore;
  log: Log;
  retry: RetrySettings;
  requestTimeoutMs: number;
  connections: number;
  /** Shared by all registries. */
  inFlight: Slots;
  isPlainHttpAllowed(url: URL): boolean;
  realmHosts: readonly string[];
  offline: boolean;
  transport: Transport;
  userAgent: string;
  clock: Clock;
  random: () => number;
}

/** Statuses worth another try, besides network faults and timeouts. */
const retriedStatuses = new Set([408, 429, 500, 502, 503, 504]);

/** All traffic with one registry: its connections, credentials, pace and counts. */
export function createRegistrySession(options: SessionOptions): RegistrySession {
  const { registry, retry, clock, log } = options;
  const baseUrl = toBaseUrl(registry, options.isPlainHttpAllowed);
  const slots = createSlots(options.connections);
  const politeness = createPoliteness({ clock, random: options.random, retry, registry });
  const counts = { requests: 0, retries: 0, bytesReceived: 0, cacheHits: 0 };
  const authorizer: Authorizer = createAuthorizer({
    registry,
    credentials: options.credentials,
    realmRule: {
      registryUrl: baseUrl,
      isPlainHttpAllowed: options.isPlainHttpAllowed,
      extraHosts: options.realmHosts,
    },
    log,
    nowMs: () => clock.nowMs(),
    sendOnce: async (request) => {
      const response = await send({ ...request, headers: request.headers ?? {} });
      if (response.status === 200) return response;
      throw await toFault(response, request.subject, request.url.host);
    },
  });
  let firstContact: Promise<void> | undefined;

  async function send(request: TransportRequest): Promise<TransportResponse> {
    counts.requests += 1;
    const startedAtMs = clock.nowMs();
    const headers = { "user-agent": options.userAgent, "accept-encoding": "identity", ...request.headers };
    const response = await options.transport.send({ ...request, headers });
    const { host, pathname } = request.url;
    log.debug(`${request.method} ${host}${pathname}: ${response.status} after ${clock.nowMs() - startedAtMs} ms`);
    return { ...response, body: countBytes(response.body) };
  }

  async function* countBytes(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of body) {
      counts.bytesReceived += piece.length;
      yield piece;
    }
  }

  /** Also notes how long the registry wants to be left alone. */
  async function toFault(response: TransportResponse, subject: string, host: string): Promise<OciError> {
    const waitMs = parseRetryAfter(response.header("retry-after"), clock.nowMs());
    if (retriedStatuses.has(response.status) && waitMs !== undefined) politeness.askedToWait(waitMs);
    return toFaultError(response, { subject, host });
  }

  /** Answers challenges; the registry's own alone, never those of a host it redirected to. */
  async function sendAuthorized(request: RegistryRequest, signal: AbortSignal): Promise<TransportResponse> {
    const asking = { repository: request.repository, signal, subject: request.subject };
    let authorization = await authorizer.current(asking);
    for (let round = 0; ; round += 1) {
      const { response, url } = await followRedirects(send, {
        method: request.method,
        url: new URL(`${baseUrl.origin}${request.path}`),
        headers: { ...request.headers, ...(authorization === undefined ? {} : { authorization }) },
        isPlainHttpAllowed: options.isPlainHttpAllowed,
        accepted: request.accepted ?? [],
        signal,
        subject: request.subject,
      });
      if (response.status !== 401 || url.origin !== baseUrl.origin) return response;
      const challenges = parseChallenges(response.headers("www-authenticate"));
      if (round === 2 || (challenges.length === 0 && round > 0)) return response;
      if (challenges.length === 0) {
        response.discard();
        throw unauthorized(registry, request.subject, "it did not say which credentials it wants");
      }
      response.discard();
      authorization = await authorizer.answer(challenges, { ...asking, rejected: authorization });
    }
  }

  /** The first request learns how to prove who we are; the others wait for that instead of all being refused. */
  async function sendInTurn(request: RegistryRequest, signal: AbortSignal): Promise<TransportResponse> {
    if (firstContact) {
      await raceAbort(firstContact, signal, request.subject);
      return sendAuthorized(request, signal);
    }
    let finish = () => {};
    firstContact = new Promise((resolve) => {
      finish = resolve;
    });
    try {
      return await sendAuthorized(request, signal);
    } finally {
      finish();
    }
  }

  async function attempt<T>(request: RegistryRequest, consume: Consume<T>): Promise<T> {
    const { signal, subject } = request;
    const releaseOwn = await slots.acquire(signal, subject);
    const releaseShared = await options.inFlight.acquire(signal, subject).catch((aborted: unknown) => {
      releaseOwn();
      throw aborted;
    });
    const deadline = createDeadline(signal, options.requestTimeoutMs);
    const release = () => {
      deadline.release();
      releaseOwn();
      releaseShared();
    };
    try {
      const response = await sendInTurn(request, deadline.signal);
      if (response.status === 200 || request.accepted?.includes(response.status)) {
        return await consume(response, { stopClock: deadline.stop, release });
      }
      throw await toFault(response, subject, registry);
    } catch (thrown) {
      release();
      if (deadline.isOver && !signal.aborted) throw timedOut(subject, registry, options.requestTimeoutMs, thrown);
      throwIfAborted(signal, subject);
      throw thrown;
    }
  }

  async function pauseAfter(fault: unknown, tries: number, request: RegistryRequest): Promise<boolean> {
    const isWorthIt = fault instanceof OciError && fault.retryable && !request.signal.aborted;
    if (!isWorthIt || tries >= retry.maxRetries) return false;
    const backoffMs = toBackoffMs(tries, retry, options.random);
    if (fault.code === "rate-limited") politeness.askedToWait(backoffMs);
    if (politeness.isHopeless()) return false;
    counts.retries += 1;
    log.debug(`${fault.message}; try ${tries + 2} of ${retry.maxRetries + 1}`);
    if (fault.code !== "rate-limited") await clock.sleep(backoffMs, request.signal).catch(() => {});
    throwIfAborted(request.signal, request.subject);
    return true;
  }

  async function ask<T>(request: RegistryRequest, consume: Consume<T>): Promise<T> {
    if (options.offline) {
      throw new OciError(`${request.subject}: not in the cache, and ${registry} is not asked because of --offline`, {
        code: "offline",
        subject: request.subject,
      });
    }
    for (let tries = 0; ; tries += 1) {
      await politeness.wait(request.signal, request.subject);
      try {
        return await attempt(request, consume);
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
    identity: (repository, signal) => authorizer.identity({ repository, signal, subject: `${registry}/${repository}` }),
    countCacheHit() {
      counts.cacheHits += 1;
    },
    statistics: () => ({ ...counts, throttledMs: Math.round(politeness.throttledMs) }),
  };
}

type Consume<T> = (response: TransportResponse, hold: { stopClock(): void; release(): void }) => Promise<T>;

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

/** Plain HTTP for loopback and for hosts that were named, HTTPS for all others. */
export function toBaseUrl(registry: string, isPlainHttpAllowed: (url: URL) => boolean): URL {
  const plain = new URL(`http://${registry}`);
  return isPlainHttpAllowed(plain) ? plain : new URL(`https://${registry}`);
}
