import type { ComponentSource, Json, JsonObject, SignatureEntry, Snapshot } from "../types/index.ts";
import type { PolicySpec } from "./spec.ts";

/** A verified attestation as the policy sees it. */
export interface InputAttestation {
  /** The signed payload: JSON, as it was signed. */
  statementText: string;
  signatures: readonly SignatureEntry[];
}

export interface InputImage {
  /** Pinned: `repository@sha256:...`. */
  ref: string;
  signatures: readonly SignatureEntry[];
  /** The `config` member of the image's configuration file; absent where it could not be fetched. */
  config?: JsonObject;
  parent?: { /** `name@digest`, a tag kept. */ ref: string; config?: JsonObject };
  /** Manifests of an operator bundle, by path. */
  files?: Readonly<Record<string, Json>>;
  source: ComponentSource;
}

export interface PolicyInputParts {
  attestations: readonly InputAttestation[];
  image: InputImage;
  /** Expanded: indexes' children are components of their own. */
  snapshot: Snapshot;
  componentName: string;
  policySpec: PolicySpec;
}

/** The policy input, JSON. */
export function buildPolicyInput(parts: PolicyInputParts): string {
  throw new Error(`not yet ${parts.componentName}`);
}
