import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Log, Platform } from "../types/index.ts";
import type { RegistryStore } from "./store.ts";

/** What an account may do, as token scopes name it. */
export type RegistryAction = "pull" | "push" | "delete";

export interface RegistryGrant {
  /** A repository's name, `prefix/*` for all below a prefix, or `*` for all. */
  repository: string;
  actions: readonly RegistryAction[];
}

export interface RegistryAccount {
  username: string;
  password: string;
  grants: readonly RegistryGrant[];
}

/** Authentication in front of the registry. `bearer` follows the distribution token specification. */
export interface RegistryAuthOptions {
  /** Default `bearer`: tokens from the registry's own `/token`. */
  scheme?: "bearer" | "basic";
  accounts: readonly RegistryAccount[];
  /** What is allowed without credentials; default nothing. */
  anonymous?: readonly RegistryGrant[];
  /** Default `sealcheck-registry`. */
  service?: string;
  /** Address of the token endpoint; default `/token` on the host that was asked. */
  realm?: string;
  /** Default 300. */
  tokenLifetimeSeconds?: number;
  /** Milliseconds since 1970; default the clock. */
  now?: () => number;
}

/** A request as `intercept` sees it, before anything else looks at it. */
export interface InterceptedRequest {
  method: string;
  /** Path without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** How many requests of this method and path came before this one. */
  earlier: number;
}

/** An answer given instead of the registry's. `disconnect` cuts the connection without an answer. */
export type InterceptedResponse =
  | {
      status: number;
      headers?: Readonly<Record<string, string>>;
      body?: string | Uint8Array | AsyncIterable<Uint8Array>;
    }
  | "disconnect";

/** Undefined lets the request through; a promise delays it, which makes a slow registry. */
export type Intercept = (
  request: InterceptedRequest,
) => InterceptedResponse | undefined | Promise<InterceptedResponse | undefined>;

export interface RegistryOptions {
  /** Default: a new memory store. */
  store?: RegistryStore;
  /** Which children of an image index must be there when the index is pushed; default `all`. */
  platforms?: "all" | "none" | readonly Platform[];
  /** True accepts images whose configuration or layers were not pushed; default false. */
  acceptMissingBlobs?: boolean;
  /** False switches the referrers API off: 404, and no `OCI-Subject`; default true. */
  referrersApi?: boolean;
  /** Default 100 descriptors a page. */
  referrersPageSize?: number;
  /** Default 4 MiB; a larger manifest gets 413. */
  maxManifestBytes?: number;
  /** Default 2 GiB; a larger blob gets 413. */
  maxBlobBytes?: number;
  /** Default 1,000 uploads under way; more get 429. */
  maxUploads?: number;
  /** How long an upload that nothing is written to is kept when others need its place; default 24 hours. */
  uploadLifetimeMs?: number;
  /** Milliseconds since 1970; default the clock. */
  now?: () => number;
  /** How many of the last requests are remembered; default 10,000. */
  maxRecordedRequests?: number;
  intercept?: Intercept;
  auth?: RegistryAuthOptions;
  log?: Log;
}

/** What came and how it was answered. `status` is 0 where the connection was cut. */
export interface RecordedRequest {
  method: string;
  /** Path without the query. */
  path: string;
  /** The query without its `?`; empty if there is none. */
  query: string;
  status: number;
}

/** A registry without a socket: hand it the requests of any `node:http` server. */
export interface RegistryHandler {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** The last requests, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** All requests ever, also those no longer in `requests`. */
  readonly requestCount: number;
  forgetRequests(): void;
}

export interface StartRegistryOptions extends RegistryOptions {
  /** Address to listen on; default `127.0.0.1`. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** How long a connection may be open without a byte on it; default 5 minutes. */
  idleTimeoutMs?: number;
  /** PEM texts; with them the registry speaks https. */
  tls?: { key: string; cert: string };
  /** Ends the registry. */
  signal?: AbortSignal;
}

export interface RunningRegistry {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** `127.0.0.1:PORT`, as it stands in references. */
  readonly host: string;
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  readonly requestCount: number;
  forgetRequests(): void;
  /** Stops listening and cuts what is open. A second call does nothing. */
  close(): Promise<void>;
}
