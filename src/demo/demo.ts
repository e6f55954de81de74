import type { Digest, Snapshot } from "../types/index.ts";
import type { EvidenceFormat } from "./evidence.ts";
import type { PushTarget } from "./target.ts";

/** What a correct run must say about one component. */
export interface DemoExpectation {
  /** The component's name, after expansion of the index. */
  name: string;
  digest: Digest;
  success: boolean;
  /** Codes of the violations, sorted; builtin checks included. */
  violations: readonly string[];
  /** Codes of the warnings, sorted. */
  warnings: readonly string[];
  /** One line for people: what this image shows. */
  shows: string;
}

export interface DemoOptions {
  /** Default `tag`. */
  format?: EvidenceFormat;
  /** Policy source addresses; default: the example policy, pushed to the target as an OCI artifact. */
  sources?: { policy: readonly string[]; data: readonly string[] };
  /** Repository prefix; default `demo`. */
  prefix?: string;
}

export interface Demo {
  snapshot: Snapshot;
  /** The snapshot as JSON text, for `--images`. */
  snapshotJson: string;
  publicKeyPem: string;
  /** Policy configuration as JSON text, for `--policy`. */
  policyConfiguration: string;
  expectations: readonly DemoExpectation[];
}

export async function createDemo(_target: PushTarget, _options: DemoOptions = {}): Promise<Demo> {
  throw new Error("not yet");
}
