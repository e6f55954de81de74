import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toErrorMessage } from "../types/index.ts";
import { SigstoreError } from "./errors.ts";

export interface TufOptions {
  readonly signal: AbortSignal;
  /** Directory of the TUF cache; without one nothing is kept. What is in it is never a reason to trust. */
  readonly cachePath?: string | undefined;
  readonly mirrorUrl?: string | undefined;
  /** File with the initial `root.json` of another mirror than the public-good one. */
  readonly rootPath?: string | undefined;
  /** For each request; 10 seconds by default. */
  readonly timeoutMs?: number | undefined;
  /** Tries after the first one, for each request; 2 by default. */
  readonly retries?: number | undefined;
}

const publicGoodMirror = "https://tuf-repo-cdn.sigstore.dev";

/**
 * Fetches `trusted_root.json` through TUF (The Update Framework 1.0), as JSON text: signed, fresh, and cached in the
 * given directory. Every call begins with the given initial root, never with the cache's, which anybody may have written;
 * a cache that cannot be used counts as empty. Throws `SigstoreError` `trust_unavailable` (retryable), or the signal's reason.
 */
export async function fetchTrustedRootByTuf(options: TufOptions): Promise<string> {
  const { signal, cachePath, mirrorUrl = publicGoodMirror } = options;
  signal.throwIfAborted();
  try {
    return await fetchWithCache({ ...options, mirrorUrl }, cachePath);
  } catch (cause) {
    signal.throwIfAborted();
    if (isUnknownMirror(cause)) {
      throw new SigstoreError(
        `the mirror ${hostOf(mirrorUrl)} is not known: give its initial root.json (TUF_ROOT_JSON)`,
        {
          code: "trust_unavailable",
          subject: hostOf(mirrorUrl),
          cause,
        },
      );
    }
    throw new SigstoreError(
      `the trusted root could not be fetched from ${hostOf(mirrorUrl)} (${rootCauseOf(cause)}): try again, give a trusted root file, or verify offline with the embedded root`,
      { code: "trust_unavailable", subject: hostOf(mirrorUrl), retryable: true, cause },
    );
  }
}

type FetchOptions = TufOptions & { mirrorUrl: string };

/** A fault may be the cache's: what another run or somebody else left there. It is told from the mirror's without it. */
async function fetchWithCache(options: FetchOptions, cachePath: string | undefined): Promise<string> {
  if (cachePath === undefined) return await fetchWithoutCache(options);
  try {
    return await fetchTarget({ ...options, directory: cachePath });
  } catch (cause) {
    options.signal.throwIfAborted();
    if (isUnknownMirror(cause)) throw cause;
    return await fetchWithoutCache(options);
  }
}

async function fetchWithoutCache(options: FetchOptions): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "sealcheck-tuf-"));
  try {
    return await fetchTarget({ ...options, directory });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function isUnknownMirror(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "TUF_INIT_CACHE_ERROR";
}

async function fetchTarget(options: FetchOptions & { directory: string }): Promise<string> {
  const { initTUF } = await import("@sigstore/tuf");
  const client = await initTUF({
    mirrorURL: options.mirrorUrl.replace(/\/+$/, ""),
    timeout: options.timeoutMs ?? 10_000,
    retry: { retries: options.retries ?? 2 },
    cachePath: options.directory,
    forceInit: true, // writes the initial root over the cache's
    ...(options.rootPath === undefined ? {} : { rootPath: options.rootPath }),
  });
  options.signal.throwIfAborted();
  return client.getTarget("trusted_root.json");
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "the TUF mirror";
}

/** The innermost message: the outer ones say "error refreshing TUF metadata". */
function rootCauseOf(thrown: unknown): string {
  let innermost = thrown;
  for (let depth = 0; depth < 8 && innermost instanceof Error && innermost.cause !== undefined; depth++) {
    innermost = innermost.cause;
  }
  return toErrorMessage(innermost);
}
