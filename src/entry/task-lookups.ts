import { join } from "node:path";
import type { TaskConfiguration, ValidateImageConfiguration } from "../inputs/index.ts";
import type { FilePort, HttpPort } from "../policy/index.ts";
import type { Log } from "../types/index.ts";
import type { ClusterName, ClusterReader } from "./ports/cluster.ts";

export interface TaskLookupPorts {
  cluster: ClusterReader;
  files: Pick<FilePort, "kindOf" | "read">;
  http: HttpPort;
  writeFile(path: string, bytes: Uint8Array | string): Promise<void>;
  log: Log;
}

const maxPolicyBytes = 16 * 1024 * 1024;
const maxRootBytes = 1024 * 1024;

const label = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
const clusterName = new RegExp(`^(?:(${label})/)?(${label}(?:\\.${label})*)$`);

/** The parts of a name in the cluster, or undefined where a text is none. */
function parseClusterName(text: string): ClusterName | undefined {
  const match = text.length > 320 || /\.(?:json|ya?ml)$/.test(text) ? null : clusterName.exec(text);
  const [, namespace, name] = match ?? [];
  return name === undefined ? undefined : { name, ...(namespace === undefined ? {} : { namespace }) };
}

/**
 * Replaces what stands in a cluster or at an address by its content: a policy and a snapshot by name, the root of a TUF
 * mirror (trusted on first use, as `ec sigstore initialize` does), and pins the release policy.
 *
 * @throws EntryError of the ports
 */
export async function resolveTaskLookups(
  task: TaskConfiguration,
  ports: TaskLookupPorts,
  signal: AbortSignal,
): Promise<ValidateImageConfiguration> {
  const { configuration } = task;
  const [policy, images, tufRootJson] = await Promise.all([
    resolvePolicy(configuration.policy.policy, task.policyBundleDigest, ports, signal),
    resolveSnapshot(configuration.snapshot.images ?? "", ports, signal),
    fetchTufRoot(task, ports, signal),
  ]);
  return {
    ...configuration,
    policy: { ...configuration.policy, policy },
    snapshot: { ...configuration.snapshot, images },
    trust: { ...configuration.trust, ...(tufRootJson === undefined ? {} : { tufRootJson }) },
  };
}

async function resolvePolicy(
  policy: string,
  digest: string | undefined,
  ports: TaskLookupPorts,
  signal: AbortSignal,
): Promise<string> {
  if (policy === "") return policy;
  const isText = policy.startsWith("{") || /[\r\n]/.test(policy);
  const isFile = !isText && (await ports.files.kindOf(policy)) === "file";
  const name = isText || isFile ? undefined : parseClusterName(policy);
  const text = name === undefined ? policy : await ports.cluster.readSpec("enterprisecontractpolicies", name, signal);
  if (digest === undefined) return text;
  if (isFile) {
    const bytes = await ports.files.read(policy, { maxBytes: maxPolicyBytes, signal });
    return pinReleasePolicy(new TextDecoder().decode(bytes), digest);
  }
  if (isText || name !== undefined) return pinReleasePolicy(text, digest);
  ports.log.warning("POLICY_BUNDLE_DIGEST does not apply to a policy that is downloaded: it is used as it comes");
  return policy;
}

/** The floating tag of the release policy gets the digest, where it has none. */
function pinReleasePolicy(text: string, digest: string): string {
  return text.replaceAll(/(oci::quay\.io\/conforma\/release-policy):konflux(?![\w.@-])/g, `$1@${digest}`);
}

/** A name without a file of that name is a Snapshot in the cluster. */
async function resolveSnapshot(images: string, ports: TaskLookupPorts, signal: AbortSignal): Promise<string> {
  const name = images.includes("/") ? undefined : parseClusterName(images);
  if (name === undefined || (await ports.files.kindOf(images)) !== undefined) return images;
  return await ports.cluster.readSpec("snapshots", name, signal);
}

async function fetchTufRoot(
  task: TaskConfiguration,
  ports: TaskLookupPorts,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (task.tufRootUrl === undefined) return undefined;
  const path = join(task.homeDirectory, "tuf-root.json");
  await ports.writeFile(path, await ports.http.get(task.tufRootUrl, { maxBytes: maxRootBytes, signal }));
  return path;
}
