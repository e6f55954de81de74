import type { Log } from "../types/index.ts";
import { createAuthorizer, unauthorized } from "./authorization.ts";
import { isWebPage } from "./body.ts";
import { parseChallenges } from "./challenge.ts";
import type { CredentialStore } from "./credentials.ts";
import { OciError } from "./errors.ts";
import { toFaultError } from "./fault-answer.ts";
import { toMediaType } from "./media-types.ts";
import { type Politeness, parseRetryAfter } from "./politeness.ts";
import { followRedirects } from "./redirects.ts";
import { createRegistryAddress } from "./registry-address.ts";
import type { Clock } from "./registry-client.ts";
import { createWarningReader } from "./spoken-warnings.ts";
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
  /** Registries may not know the path at all: then their router's 404, a line of text, is their word too. */
  hasOptionalPath?: boolean;
  signal: AbortSignal;
  subject: string;
}

/** Questions to one registry with all that belongs to one try: credentials, redirects, counting. */
export interface Exchange {
  readonly counts: { requests: number; bytesReceived: number };
  /** Gives answers of status 200 and of those accepted; anything else is an OciError. */
  ask(request: RegistryRequest): Promise<TransportResponse>;
  identity(repository: string, signal: AbortSignal): Promise<string>;
}

export interface ExchangeOptions {
  registry: string;
  credentials: CredentialStore;
  /** Whether what is told apart by who asks outlives the run. */
  isIdentityDurable: boolean;
  log: Log;
  isPlainHttpAllowed(url: URL): boolean;
  /** Hosts that the user lets have this registry's credentials. */
  tokenServices: readonly string[];
  transport: Transport;
  userAgent: string;
  clock: Clock;
  politeness: Politeness;
}

/** Statuses with which a registry may ask to be left alone for a while. */
const spacedStatuses = new Set([408, 429, 500, 502, 503, 504]);
const maxAuthorizations = 2;

export function createExchange(options: ExchangeOptions): Exchange {
  const { registry, clock } = options;
  const counts = { requests: 0, bytesReceived: 0 };
  const address = createRegistryAddress(registry, {
    isPlainHttpAllowed: options.isPlainHttpAllowed,
    onMisdirected() {
      counts.requests -= 1;
    },
    onPlainHttp() {
      options.log.info(
        `${registry} is asked over plain HTTP, as --insecure-registry allows: it could not be asked over TLS`,
      );
    },
  });

  const readWarnings = createWarningReader((text) => options.log.info(`${registry} says: ${text}`));

  const authorizer = createAuthorizer({
    registry,
    credentials: options.credentials,
    isIdentityDurable: options.isIdentityDurable,
    realmRule: {
      get registryUrl() {
        return address.url;
      },
      isPlainHttpAllowed: options.isPlainHttpAllowed,
      namedHosts: options.tokenServices,
    },
    log: options.log,
    nowMs: () => clock.nowMs(),
    async sendOnce(request) {
      const response = await send({ ...request, headers: request.headers ?? {} });
      if (response.status === 200) return response;
      throw toTokenFault(await toFault(response, { subject: request.subject, host: request.url.host }));
    },
  });

  async function send(request: TransportRequest): Promise<TransportResponse> {
    counts.requests += 1;
    const startedAtMs = clock.nowMs();
    const headers = { "user-agent": options.userAgent, "accept-encoding": "identity", ...request.headers };
    const response = await options.transport.send({ ...request, headers });
    const { host, pathname } = request.url;
    options.log.debug(
      `${request.method} ${host}${pathname}: ${response.status} after ${clock.nowMs() - startedAtMs} ms`,
    );
    return { ...response, body: countBytes(response.body) };
  }

  async function* countBytes(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of body) {
      counts.bytesReceived += piece.length;
      yield piece;
    }
  }

  /** Also notes how long the registry wants to be left alone. */
  async function toFault(response: TransportResponse, what: { subject: string; host: string }): Promise<OciError> {
    const waitMs = parseRetryAfter(response.header("retry-after"), clock.nowMs(), response.header("date"));
    if (spacedStatuses.has(response.status) && waitMs !== undefined) options.politeness.askedToWait(waitMs);
    return toFaultError(response, what);
  }

  /** Answers challenges; the registry's own alone, never those of a host it redirected to. */
  async function sendAuthorized(request: RegistryRequest): Promise<TransportResponse> {
    const { signal, subject, accepted = [] } = request;
    let authorization = await authorizer.current(request);
    for (let round = 0; ; round += 1) {
      const headers = { ...request.headers, ...(authorization === undefined ? {} : { authorization }) };
      const toMessage = (base: URL) => {
        const url = new URL(`${base.origin}${request.path}`);
        return { method: request.method, url, headers, signal, subject };
      };
      const { response: first, base } = await address.reach((at) => send(toMessage(at)));
      readWarnings(first.headers("warning"));
      const rule = { isPlainHttpAllowed: options.isPlainHttpAllowed, accepted };
      const { response, url } = await followRedirects(send, { ...toMessage(base), ...rule }, first);
      if (response.status !== 401 || url.origin !== base.origin) return response;
      if (round === maxAuthorizations) {
        const refusal = await authorizer.explainRefusal(request);
        if (refusal === undefined) return response;
        response.discard();
        throw refusal;
      }
      const challenges = parseChallenges(response.headers("www-authenticate"));
      response.discard();
      if (challenges.length === 0) throw unauthorized(registry, subject, "it did not say which credentials it wants");
      authorization = await authorizer.answer(challenges, { ...request, rejected: authorization });
    }
  }

  /** Whether the registry itself is behind its address (distribution-spec, end-1), and not something that stands in for it. */
  async function isThere({ signal, subject }: RegistryRequest): Promise<boolean> {
    const url = new URL("/v2/", address.url);
    const response = await send({ method: "GET", url, headers: {}, signal, subject });
    response.discard();
    return response.status < 500 && response.status !== 404 && response.status !== 429;
  }

  /** Registries say 404 in JSON. Said otherwise it may be a proxy whose registry is just not there: then it says nothing. */
  async function assertOwnAbsence(response: TransportResponse, request: RegistryRequest): Promise<void> {
    if (response.status !== 404 || isOwnWord(response, request) || (await isThere(request))) return;
    response.discard();
    throw new OciError(
      `${request.subject}: ${registry} answered 404, not as registries do, and there is none at its /v2/ either: this is no answer about the image`,
      { code: "unavailable", subject: request.subject, status: 404 },
    );
  }

  return {
    counts,
    async ask(request) {
      const response = await sendAuthorized(request);
      await assertOwnAbsence(response, request);
      if (response.status === 200 || request.accepted?.includes(response.status)) return response;
      throw await toFault(response, { subject: request.subject, host: registry });
    },
    identity: (repository, signal) => authorizer.identity({ repository, signal, subject: `${registry}/${repository}` }),
  };
}

/** What a token service has or does not know is no answer about an image: only that it refuses is. */
function toTokenFault(fault: OciError): OciError {
  if (fault.code !== "not-found" && fault.code !== "invalid-response") return fault;
  const { message, subject, status, cause } = fault;
  return new OciError(`${message}; without a token the registry cannot be asked`, {
    code: "unavailable",
    ...(subject === undefined ? {} : { subject }),
    ...(status === undefined ? {} : { status }),
    cause,
  });
}

/** Whether a 404 looks like a registry's. */
function isOwnWord(response: TransportResponse, { hasOptionalPath = false }: RegistryRequest): boolean {
  if (response.header("docker-distribution-api-version") !== undefined) return true;
  if (isWebPage(response)) return false;
  return hasOptionalPath || toMediaType(response.header("content-type")) !== "text/plain";
}
