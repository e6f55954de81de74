import type { RequiredPlatforms } from "../inputs/index.ts";
import type { Component, Descriptor, Digest, RuleResult, Snapshot } from "../types/index.ts";

/** What a reference stands for in its registry. */
export interface ResolvedImage {
  /** `repository@digest`, the registry explicit. */
  readonly reference: string;
  readonly repository: string;
  readonly digest: Digest;
  readonly mediaType: string;
  /** An OCI image index or a Docker manifest list. */
  readonly isIndex: boolean;
}

/** What expansion needs from a registry. Its implementation answers a repeated question from memory. */
export interface IndexReader {
  resolve(image: string, signal: AbortSignal): Promise<ResolvedImage>;
  /** The `manifests` of an index, given by its pinned reference. */
  readIndex(reference: string, signal: AbortSignal): Promise<readonly Descriptor[]>;
  exists(repository: string, digest: Digest, signal: AbortSignal): Promise<boolean>;
}

/** A child that an index lists and the registry does not hold. */
export interface MissingChild {
  /** `os/architecture[/variant]`, or `unknown` where the index does not say. */
  readonly platform: string;
  readonly digest: Digest;
  /** Pinned reference of the index. */
  readonly index: string;
}

/** A component, or a child of one that is an index. */
export interface ExpandedComponent extends Component {
  /** Absent where the image could not be resolved: then `error` is there. */
  readonly resolved?: ResolvedImage;
  /** What was thrown while resolving or expanding: the component could not be decided. */
  readonly error?: unknown;
  /** Pinned reference of the index that this component is a child of. */
  readonly parent?: string;
  /** Required children that are not there, as violations of this component. */
  readonly violations: readonly RuleResult[];
  /** The same children, as data. */
  readonly missing: readonly MissingChild[];
  /** Children that are not there and need not be. */
  readonly absent: readonly MissingChild[];
}

export interface ExpandedSnapshot extends Omit<Snapshot, "components"> {
  /** In the snapshot's order, children after their parent. */
  readonly components: readonly ExpandedComponent[];
}

export interface ExpansionOptions {
  readonly platforms: RequiredPlatforms;
  readonly signal: AbortSignal;
  /** Components looked at at once. */
  readonly concurrency: number;
}

/** Resolves every component and adds the children of those that are image indexes (PARITY 2.3). Throws only when aborted. */
export async function expandIndexes(
  snapshot: Snapshot,
  port: IndexReader,
  options: ExpansionOptions,
): Promise<ExpandedSnapshot> {
  throw new Error(`not written ${snapshot} ${port} ${options}`);
}
