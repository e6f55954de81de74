import { createSecureContext, type SecureContext } from "node:tls";
import type { Dispatcher } from "undici";
import { toAuthorities } from "./authorities.ts";
import { createProxyRule } from "./proxy.ts";
import type { ProxySettings } from "./registry-client.ts";
import { toProxyRefusal, toTransportError } from "./transport-faults.ts";

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

/** The connections to one origin, and how requests to it are written. */
interface Route {
  dispatcher: Dispatcher;
  /** The one that is connected to. */
  origin: string;
  /** The proxy on the way, `host[:port]`. */
  proxy?: string;
  /** What stands in front of the path where a proxy is asked for the whole address (RFC 9112, 3.2.2). */
  prefix: string;
  headers: Readonly<Record<string, string>>;
}

/**
 * HTTP/1.1 over pools of undici, one for each origin. A proxy makes a tunnel to an HTTPS origin (CONNECT), and is asked
 * itself for what a plain HTTP origin has; but a proxy that is spoken to over TLS, or SOCKS, always makes a tunnel.
 */
export function createTransport(options: TransportOptions): Transport {
  const toProxy = createProxyRule(options.proxy);
  const routes = new Map<string, Promise<Route>>();
  let secureContext: SecureContext | undefined;

  function toTls(): { secureContext?: SecureContext } {
    if (options.extraCaPem === undefined) return {};
    secureContext ??= createSecureContext({ ca: toAuthorities(options.extraCaPem) });
    return { secureContext };
  }

  async function createRoute(url: URL): Promise<Route> {
    // Loaded when first needed: half of a short run's start would be this package.
    const { Pool, ProxyAgent } = await import("undici");
    const limits = {
      connections: options.connectionsPerOrigin,
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
    };
    const timeout = Math.min(options.timeoutMs, maxConnectTimeoutMs);
    const connect = { ...toTls(), timeout };
    const proxy = toProxy(url);
    const direct = { origin: url.origin, prefix: "", headers: {} };
    if (proxy === undefined) return { ...direct, dispatcher: new Pool(url.origin, { ...limits, connect }) };
    if (url.protocol === "https:" || proxy.protocol !== "http:") {
      const dispatcher = new ProxyAgent({ ...limits, uri: proxy.href, requestTls: connect, proxyTls: connect });
      return { ...direct, dispatcher, proxy: proxy.host };
    }
    return {
      dispatcher: new Pool(proxy.origin, { ...limits, connect }),
      origin: proxy.origin,
      proxy: proxy.host,
      prefix: url.origin,
      headers: { host: url.host, ...toProxyAuthorization(proxy) },
    };
  }

  function routeOf(url: URL): Promise<Route> {
    const known = routes.get(url.origin);
    if (known) return known;
    const route = createRoute(url);
    routes.set(url.origin, route);
    route.catch(() => routes.delete(url.origin));
    return route;
  }

  return {
    async send(request) {
      let proxy: string | undefined;
      try {
        const route = await routeOf(request.url);
        proxy = route.proxy;
        const response = await route.dispatcher.request({
          origin: route.origin,
          path: `${route.prefix}${request.url.pathname}${request.url.search}`,
          method: request.method,
          headers: { ...request.headers, ...route.headers },
          body: request.body ?? null,
          signal: request.signal,
          // Otherwise undici ends the connection after each HEAD.
          reset: false,
        });
        const answer = toResponse(response, request);
        if (route.prefix === "" || answer.status !== 407) return answer;
        answer.discard();
        throw toProxyRefusal(request, route.proxy, 407);
      } catch (cause) {
        throw toTransportError(cause, request, proxy);
      }
    },
    async close() {
      const open = await Promise.allSettled(routes.values());
      routes.clear();
      await Promise.allSettled(
        open.map((route) => (route.status === "fulfilled" ? route.value.dispatcher.destroy() : undefined)),
      );
    },
  };
}

function toProxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
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
