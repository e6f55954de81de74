import type { Snapshot } from "../types/index.ts";
import type { EvidenceFormat } from "./evidence.ts";
import { createKeyPair } from "./keys.ts";
import { pushPolicy } from "./policy-bundle.ts";
import { exampleDataFiles, examplePolicyFiles } from "./policy-files.ts";
import { createScenes, type DemoExpectation } from "./scenes.ts";
import type { PushTarget } from "./target.ts";

export type { DemoExpectation } from "./scenes.ts";

export interface DemoOptions {
  /** Default `tag`. */
  format?: EvidenceFormat;
  /** Addresses of policy sources; default: the example policy, pushed to the target as two OCI artifacts. */
  sources?: PolicySources;
  /** What the repositories' names begin with; default `demo`. */
  prefix?: string;
}

/** Addresses as a policy configuration has them. */
export interface PolicySources {
  policy: readonly string[];
  data: readonly string[];
}

export interface Demo {
  snapshot: Snapshot;
  /** The snapshot as JSON text, for `--images`. */
  snapshotJson: string;
  /** PEM; it stands in the policy configuration, too. */
  publicKeyPem: string;
  /** Policy configuration as JSON text, for `--policy`. There is no transparency log: ask for none. */
  policyConfiguration: string;
  /** One for each component, children of the index included. */
  expectations: readonly DemoExpectation[];
}

/**
 * Fills a registry with the demo's images: one that passes, one signed by another key, one whose provenance violates the
 * policy, and one index with two platforms.
 * @throws DemoError `registry_refused`, `registry_unreachable`
 */
export async function createDemo(target: PushTarget, options: DemoOptions = {}): Promise<Demo> {
  const prefix = options.prefix ?? "demo";
  const key = createKeyPair();
  const [sources, scenes] = await Promise.all([
    options.sources ?? pushExamplePolicy(target, prefix),
    createScenes({ target, prefix, format: options.format ?? "tag", key }),
  ]);
  const snapshot: Snapshot = { application: "shop", components: scenes.map(({ component }) => component) };
  const { publicKeyPem } = key;
  return {
    snapshot,
    snapshotJson: JSON.stringify(snapshot),
    publicKeyPem,
    policyConfiguration: JSON.stringify({
      name: "demo",
      description: "The example policy",
      publicKey: publicKeyPem,
      sources: [{ name: "release", ...sources, config: { include: ["@release"] } }],
    }),
    expectations: scenes.flatMap(({ expectations }) => expectations),
  };
}

async function pushExamplePolicy(target: PushTarget, prefix: string): Promise<PolicySources> {
  const policy = await pushPolicy(target, { repository: `${prefix}/policy`, tag: "v1", files: examplePolicyFiles });
  const data = await pushPolicy(target, { repository: `${prefix}/policy-data`, tag: "v1", files: exampleDataFiles });
  return { policy: [`oci::${policy.tagReference}`], data: [`oci::${data.tagReference}`] };
}
