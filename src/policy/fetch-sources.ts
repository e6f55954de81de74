import { type Log, silentLog } from "../types/index.ts";
import { PolicyError } from "./errors.ts";
import { type FetchContext, type FetchedSource, fetchSource } from "./fetch-source.ts";
import type { SourceBounds, SourcePorts } from "./ports.ts";
import { toSubject } from "./source-faults.ts";
import type { PolicySource, PolicySpec } from "./spec.ts";

export interface FetchedGroup {
  policy: readonly FetchedSource[];
  data: readonly FetchedSource[];
}

export interface FetchedPolicy {
  /** The specification with pinned addresses. */
  spec: PolicySpec;
  /** One for each of `spec.sources`, in their order. */
  groups: readonly FetchedGroup[];
}

const defaultBounds: SourceBounds = { maxFiles: 50_000, maxBytes: 512 * 1024 * 1024 };
const parallelFetches = 8;

/** Runs a task for each item, a few at a time. Waits for all of them; then throws the first item's error. */
async function forEachInParallel<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<Map<T, R>> {
  const results = new Map<T, R>();
  const faults = new Map<T, unknown>();
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      const current = item;
      await run(current).then(
        (result) => results.set(current, result),
        (error: unknown) => faults.set(current, error),
      );
    }
  };
  await Promise.all(Array.from({ length: parallelFetches }, worker));
  const failed = items.find((item) => faults.has(item));
  if (failed !== undefined) {
    throw faults.get(failed);
  }
  return results;
}

function explainMissingRego(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isForge = url?.hostname === "github.com" || url?.hostname === "gitlab.com";
  return isForge && url.protocol === "https:" && !url.pathname.includes(".")
    ? `.\nYou've specified a ${url.hostname} URL with an https:// scheme.\nDid you mean: ${url.host}${url.pathname}${url.search} instead?`
    : "";
}

/** The files of a policy source that hold rules: not those of its tests. */
export function isPolicyFile(path: string): boolean {
  const name = path.toLowerCase();
  return name.endsWith(".rego") && !name.endsWith("_test.rego");
}

function assertHasRego(source: FetchedSource): FetchedSource {
  if (!source.files.some(({ path }) => isPolicyFile(path))) {
    throw new PolicyError(
      `no rego files found in policy subdirectory: ${toSubject(source.pinnedUrl)}${explainMissingRego(source.url)}`,
      { code: "no-rego", subject: toSubject(source.pinnedUrl) },
    );
  }
  return source;
}

function find(fetched: ReadonlyMap<string, FetchedSource>, addresses: readonly string[] = []): FetchedSource[] {
  return addresses.map((address) => {
    const source = fetched.get(address);
    if (source === undefined) {
      throw new Error(`invariant: ${toSubject(address)} was not fetched`);
    }
    return source;
  });
}

function pinSource(source: PolicySource, group: FetchedGroup): PolicySource {
  return {
    ...source,
    ...(source.policy === undefined ? {} : { policy: group.policy.map(({ pinnedUrl }) => pinnedUrl) }),
    ...(source.data === undefined ? {} : { data: group.data.map(({ pinnedUrl }) => pinnedUrl) }),
  };
}

/**
 * Fetches the policy and data addresses of all sources, each distinct address once, several at a time, and pins them.
 *
 * @throws {PolicyError} of the first address that cannot be had, in the order of the configuration; `no-rego` where a
 * policy address holds no rules.
 */
export async function fetchPolicySources(
  spec: PolicySpec,
  ports: SourcePorts,
  options: { signal?: AbortSignal; bounds?: SourceBounds; log?: Log } = {},
): Promise<FetchedPolicy> {
  const sources = spec.sources ?? [];
  const log = options.log ?? silentLog;
  const context: FetchContext = {
    ports,
    bounds: options.bounds ?? defaultBounds,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const addresses = [...new Set(sources.flatMap(({ policy = [], data = [] }) => [...policy, ...data]))];
  const fetched = await forEachInParallel(addresses, async (address) => {
    const source = await fetchSource(address, context);
    log.debug(`fetched ${toSubject(source.pinnedUrl)}: ${source.files.length} files`);
    return source;
  });
  const groups = sources.map(({ policy, data }) => ({
    policy: find(fetched, policy).map(assertHasRego),
    data: find(fetched, data),
  }));
  if (spec.sources === undefined) {
    return { spec, groups };
  }
  const pinned = sources.map((source, index) => pinSource(source, groups[index] ?? { policy: [], data: [] }));
  return { spec: { ...spec, sources: pinned }, groups };
}
