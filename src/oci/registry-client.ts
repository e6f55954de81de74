import type { ContentStore } from "../cache/index.ts";
import type { Descriptor, Digest, JsonObject, Log, RegistryStatistics } from "../types/index.ts";
import type { CredentialStore } from "./credentials.ts";
import type { FileLimits } from "./file-limits.ts";
import type { PinnedReference, Reference, RepositoryLocation } from "./reference.ts";

/** Time as the client sees it. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface RetrySettings {
  /** Tries after the first one; 0 means one try. */
  maxRetries: number;
  /** The first pause, milliseconds. */
  baseMs: number;
  /** The longest pause between two tries that is our own choice, milliseconds. */
  maxWaitMs: number;
  /** Each pause is this many times the one before. */
  factor: number;
  /** Each pause varies by this part of it, 0 to 1. */
  jitter: number;
  /** The longest `Retry-After` that is waited for; longer ones are the error `rate-limited`. Default 120 000. */
  maxRetryAfterMs?: number;
}

export interface ProxySettings {
  /** Proxy URL for plain HTTP. */
  http?: string;
  /** Proxy URL for HTTPS. */
  https?: string;
  /** Comma-separated hosts, domains (`.example.com`), addresses, CIDR ranges, each with an optional port, or `*`. */
  noProxy?: string;
}

/**
 * When a tag-to-digest answer of an earlier run may be used: `if-newer` never (one HEAD asks the registry), `always`
 * never (and manifests are not taken from the disk cache either), `if-missing` whenever there is one. Blobs are what
 * their digest says: they come from the disk cache whatever this is.
 */
export type PullPolicy = "if-newer" | "always" | "if-missing";

export interface RegistryClientOptions {
  credentials: CredentialStore;
  log: Log;
  /**
   * `host` or `host:port` that may be asked over plain HTTP where they speak no TLS, besides loopback; and, where they are
   * private addresses, that public registries may redirect to.
   */
  insecureRegistries: readonly string[];
  retry: RetrySettings;
  /** Longest wait for response headers, for the next piece of a blob, and for the whole of a small body. */
  requestTimeoutMs: number;
  /** Default 8. */
  maxConnectionsPerRegistry?: number;
  /** Requests in flight over all registries. Default 64. */
  maxInFlight?: number;
  /** Disk cache of manifests and blobs. */
  store?: ContentStore;
  pull: PullPolicy;
  /** No network at all: what is not in `store` is the error `offline`. */
  offline: boolean;
  proxy: ProxySettings;
  /** Certificates (PEM) trusted besides the usual ones. */
  extraCaPem?: string;
  /** Bytes of manifests and small blobs kept in memory. Default 32 MiB. */
  maxMemoryBytes?: number;
  /**
   * Most bytes of JSON that may be parsed at once, and that the files of one `readBlobFiles` or `readImageFiles` may have
   * together; YAML may have a 27th of it. Default 64 MiB; a file may have 16 MiB, as YAML 2 MiB, in any case.
   */
  maxDocumentBytes?: number;
  /**
   * Token services (`host[:port]`) that may be sent a registry's credentials, besides those on the same host and, over
   * TLS, the same site. Default none.
   */
  tokenServices?: readonly { registry: string; host: string }[];
  userAgent?: string;
  clock?: Clock;
  /** 0 <= number < 1. */
  random?: () => number;
}

export interface RequestOptions {
  signal: AbortSignal;
}

export interface BlobOptions extends RequestOptions {
  /** More bytes than this are the error `too-large`. */
  maxBytes: number;
}

export interface ReferrerOptions extends RequestOptions {
  /** Only referrers of this type. Default all. */
  artifactType?: string;
}

/** A manifest whose bytes were checked against its digest. */
export interface FetchedManifest {
  descriptor: Descriptor;
  /** As the registry keeps it. Shared: not to be modified. */
  bytes: Uint8Array;
  body: JsonObject;
  kind: "image" | "index";
}

/** An answer of an earlier run that the registry was not asked for again. */
export interface UnaskedAnswer {
  /** A tag; or a list of referrers, `registry/repository@sha256:... (referrers)`. */
  reference: string;
  /** The tag's digest, or that of the list as it was kept. */
  digest: Digest | "absent";
}

/** A tag that named another digest when it was asked again. */
export interface MovedTag {
  reference: string;
  before: Digest;
  /** Undefined where the tag is gone, and where it could not be asked. */
  after?: Digest;
  /** Why it could not be asked again. */
  fault?: string;
}

/**
 * The pulling side of the OCI distribution specification 1.1. All methods throw OciError. What is asked twice in a run
 * is asked once; failures are not remembered.
 */
export interface RegistryClient {
  /** What those who read files out of layers keep to. */
  readonly fileLimits: FileLimits;
  /**
   * What a reference stands for. A tag is asked once per run (HEAD; GET where HEAD gives no digest), unless `pull` or
   * `offline` say otherwise; a digest's manifest is fetched.
   */
  resolve(ref: Reference, options: RequestOptions): Promise<Descriptor>;
  /** As `resolve`, but a tag that does not exist (404) is undefined. Any other fault throws. */
  findTag(ref: Reference, options: RequestOptions): Promise<Descriptor | undefined>;
  /** Manifest or index by digest, at most 4 MiB, of the OCI and Docker (schema 2) media types. */
  fetchManifest(ref: PinnedReference, options: RequestOptions): Promise<FetchedManifest>;
  /** A whole blob, as stored, checked against its digest. Shared: not to be modified. */
  fetchBlob(
    ref: RepositoryLocation,
    descriptor: { digest: Digest; size?: number },
    options: BlobOptions,
  ): Promise<Uint8Array>;
  /**
   * A blob as a stream. It must be read to its end or closed (`break` out of `for await`): a wrong digest is an error
   * after the last piece, so nothing read counts before that.
   */
  openBlob(
    ref: RepositoryLocation,
    descriptor: { digest: Digest; size?: number },
    options: BlobOptions,
  ): Promise<AsyncIterable<Uint8Array>>;
  /**
   * What refers to a digest: the referrers API, or the index at the fallback tag `sha256-<hex>` where the registry has
   * no such API. At most 2000, and 16 MiB of lists.
   *
   * What a list says of `artifactType` is a hint only: whoever decides by it opens the manifest. That is done here where
   * `artifactType` is given: the registry may leave others out or not, and what it lists is kept where the manifest itself
   * is of this type, or where it could not be read and so nobody knows.
   */
  fetchReferrers(ref: PinnedReference, options: ReferrerOptions): Promise<readonly Descriptor[]>;
  /** At most 10 000 tags. */
  listTags(ref: RepositoryLocation, options: RequestOptions): Promise<readonly string[]>;
  /** Tags and lists of referrers that came from the disk cache because of `pull: if-missing` or `offline`. */
  unaskedAnswers(): readonly UnaskedAnswer[];
  /** Asks every tag that `resolve` asked in this run again (nothing when offline). */
  findMovedTags(options: RequestOptions): Promise<readonly MovedTag[]>;
  /** By registry. */
  statistics(): Record<string, RegistryStatistics>;
  /** Ends connections and waits for cache writes under way. */
  close(): Promise<void>;
}
