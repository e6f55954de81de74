import { createSingleFlight } from "./single-flight.ts";
import {
  embeddedTrustedRoot,
  emptyTrust,
  mergeOverrides,
  parseTrustedRoot,
  type TrustMaterial,
  type TrustOverrides,
} from "./trust-root.ts";

/** Gives the run's trust material to whoever needs it: made once, at the first need. */
export interface TrustProvider {
  get(options: { signal: AbortSignal }): Promise<TrustMaterial>;
}

export interface TrustProviderOptions {
  /** Fetches `trusted_root.json` through TUF. */
  readonly fetchTuf: (options: { signal: AbortSignal }) => Promise<string | Uint8Array>;
  /** Content of a `--trusted-root` file: then TUF is not asked. */
  readonly trustedRootFile?: string | Uint8Array | undefined;
  /** Use the embedded root instead of asking TUF. */
  readonly offline?: boolean | undefined;
  readonly overrides?: TrustOverrides | undefined;
}

/**
 * Wires where trust material comes from: the trusted root file, else (offline) the embedded root, else TUF; the
 * overrides are merged in. Concurrent needs share one flight; a failure is not remembered. With overrides, a TUF that
 * does not answer leaves the overrides alone. `get` throws `SigstoreError` (`trust_unavailable`, `trust_root_invalid`).
 */
export function createTrustProvider(options: TrustProviderOptions): TrustProvider {
  const { overrides = {} } = options;
  const hasOverrides = Object.values(overrides).some((pem) => pem !== undefined);
  const get = createSingleFlight(async ({ signal }) => {
    const base = await readBase(options, { signal, hasOverrides });
    return hasOverrides ? mergeOverrides(base, overrides) : base;
  });
  return { get };
}

async function readBase(
  options: TrustProviderOptions,
  { signal, hasOverrides }: { signal: AbortSignal; hasOverrides: boolean },
): Promise<TrustMaterial> {
  if (options.trustedRootFile !== undefined) return parseTrustedRoot(options.trustedRootFile);
  if (options.offline === true) return embeddedTrustedRoot();
  try {
    return parseTrustedRoot(await options.fetchTuf({ signal }));
  } catch (thrown) {
    signal.throwIfAborted();
    if (hasOverrides) return emptyTrust; // a closed network with an instance of its own: less is trusted, not more
    throw thrown;
  }
}
