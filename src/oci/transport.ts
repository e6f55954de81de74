import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import type { Dispatcher } from "undici";
import { toAbortError } from "./abort.ts";
import { OciError } from "./errors.ts";
import { createProxyRule } from "./proxy.ts";
import type { ProxySettings } from "./registry-client.ts";

export interface TransportRequest {
  method: "GET" | "HEAD" | "POST";
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: string;
  signal: AbortSignal;
  /** What an error is about. */
  subject: string;
}

export interface TransportResponse {
  status: number;
  /** The first value of a header. */
  header(name: string): string | undefined;
  /** All values of a header. */
  headers(name: string): readonly string[];
  /** Must be read to the end, or the response discarded. Errors are OciErrors. */
  body: AsyncIterable<Uint8Array>;
  discard(): void;
}

/** One exchange with one origin: no redirects, no retries, no credentials of its own. */
export interface Transport {
  send(request: TransportRequest): Promise<TransportResponse>;
  close(): Promise<void>;
}

export interface TransportOptions {
  connectionsPerOrigin: number;
  timeoutMs: number;
  proxy: ProxySettings;
  extraCaPem?: string;
}

const maxConnectTimeoutMs = 30_000;
const maxDumpedBytes = 64 * 1024;

/** HTTP/1.1 over pools of undici, one for each origin. */
export function createTransport(options: TransportOptions): Transport {
  const toProxy = createProxyRule(options.proxy);
  const pools = new Map<string, Promise<Dispatcher>>();
  let secureContext: SecureContext | undefined;

  function toTls(): { secureContext?: SecureContext } {
    if (options.extraCaPem === undefined) return {};
    secureContext ??= createSecureContext({ ca: [...rootCertificates, options.extraCaPem] });
    return { secureContext };
  }

  async function createPool(url: URL): Promise<Dispatcher> {
    // Loaded when first needed: half of a short run's start would be this package.
    const { Pool, ProxyAgent } = await import("undici");
    const limits = {
      connections: options.connectionsPerOrigin,
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
    };
    const timeout = Math.min(options.timeoutMs, maxConnectTimeoutMs);
    const proxy = toProxy(url);
    if (proxy === undefined) return new Pool(url.origin, { ...limits, connect: { ...toTls(), timeout } });
    return new ProxyAgent({
      ...limits,
      uri: proxy,
      requestTls: { ...toTls(), timeout },
      proxyTls: { ...toTls(), timeout },
    });
  }

  function poolOf(url: URL): Promise<Dispatcher> {
    const known = pools.get(url.origin);
    if (known) return known;
    const pool = createPool(url);
    pools.set(url.origin, pool);
    pool.catch(() => pools.delete(url.origin));
    return pool;
  }

  return {
    async send(request) {
      try {
        const pool = await poolOf(request.url);
        const response = await pool.request({
          origin: request.url.origin,
          path: `${request.url.pathname}${request.url.search}`,
          method: request.method,
          headers: request.headers,
          body: request.body ?? null,
          signal: request.signal,
          // Otherwise undici ends the connection after each HEAD.
          reset: false,
        });
        return toResponse(response, request);
      } catch (cause) {
        throw toTransportError(cause, request);
      }
    },
    async close() {
      const open = await Promise.allSettled(pools.values());
      pools.clear();
      await Promise.allSettled(open.map((pool) => (pool.status === "fulfilled" ? pool.value.destroy() : undefined)));
    },
  };
}

function toResponse(response: Dispatcher.ResponseData, request: TransportRequest): TransportResponse {
  const values = (name: string): readonly string[] => {
    const value = response.headers[name.toLowerCase()];
    return value === undefined ? [] : Array.isArray(value) ? value : [value];
  };
  return {
    status: response.statusCode,
    header: (name) => values(name)[0],
    headers: values,
    body: readPieces(response.body, request),
    discard() {
      // A short rest is read so that the connection can be used again. What is thrown away may break off.
      response.body.on("error", () => {});
      if (request.method === "HEAD") response.body.resume();
      else response.body.dump({ limit: maxDumpedBytes }).catch(() => {});
    },
  };
}

async function* readPieces(body: AsyncIterable<Uint8Array>, request: TransportRequest): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of body) yield piece;
  } catch (cause) {
    throw toTransportError(cause, request);
  }
}

const timeoutCodes = new Set([
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "ETIMEDOUT",
]);
const certificateCodes =
  /^(?:CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA)/;

function toTransportError(cause: unknown, { url, subject, signal }: TransportRequest): OciError {
  if (cause instanceof OciError) return cause;
  const fault = toFault(cause);
  const where = `${subject}: ${url.host}`;
  if (signal.aborted) return toAbortError(signal, subject);
  if (timeoutCodes.has(fault.code)) {
    return new OciError(`${where} did not answer in time`, { code: "timeout", subject, cause });
  }
  if (certificateCodes.test(fault.code)) {
    return new OciError(
      `${where}: its certificate is not trusted (${fault.code}); add the authority's certificate to SSL_CERT_FILE`,
      { code: "insecure-registry", subject, cause },
    );
  }
  if (fault.code === "ERR_SSL_WRONG_VERSION_NUMBER" || fault.code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") {
    return new OciError(
      `${where} does not speak HTTPS; a registry that is meant to be asked over plain HTTP must be named by --insecure-registry`,
      { code: "insecure-registry", subject, cause },
    );
  }
  return new OciError(`${where} could not be reached (${fault.code || fault.name})`, {
    code: "unavailable",
    subject,
    cause,
  });
}

function toFault(cause: unknown): { name: string; code: string } {
  if (!(cause instanceof Error)) return { name: "unknown fault", code: "" };
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  // Connection attempts to several addresses fail together.
  if (code === "" && cause instanceof AggregateError && cause.errors[0] !== undefined) return toFault(cause.errors[0]);
  if (code === "" && cause.cause instanceof Error) return toFault(cause.cause);
  return { name: cause.name, code };
}
