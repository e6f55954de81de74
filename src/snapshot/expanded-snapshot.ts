import type { Component, Digest, RuleResult, Snapshot } from "../types/index.ts";
import type { ResolvedImage } from "./index-reader.ts";

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
  /** Required platforms that no index of the snapshot lists, perhaps misspelt; empty where it has no index. */
  readonly unlistedPlatforms: readonly string[];
}
