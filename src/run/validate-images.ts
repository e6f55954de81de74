import type { SnapshotSlice, ValidateImageConfiguration } from "../inputs/index.ts";
import { parseReference, type RegistryClient } from "../oci/index.ts";
import {
  createEcHost,
  formatEffectiveTime,
  type PreparedPolicy,
  parseEffectiveTime,
  type SourcePorts,
} from "../policy/index.ts";
import { defaultEvidenceLimits, type TrustProvider } from "../sigstore/index.ts";
import {
  type ExpandedComponent,
  type ExpandedSnapshot,
  expandIndexes,
  parseSnapshots,
  type SnapshotPorts,
} from "../snapshot/index.ts";
import type { ComponentReport, JsonObject, Report, Snapshot } from "../types/index.ts";
import { startDeadline, toComponentTimeout, toRunTimeout } from "./deadline.ts";
import { mapInFlight } from "./in-flight.ts";
import { createPool, type PoolThread } from "./pool.ts";
import { type PreparedRun, type PrepareRunPorts, prepareRun } from "./prepare.ts";
import { createIndexReader, createRegistryPort } from "./registry-ports.ts";
import { createSharedFacts } from "./shared-facts.ts";
import { createSigstoreCalls } from "./sigstore-calls.ts";
import { type ImageFacts, type ValidateComponentOptions, validateComponent } from "./validate-component.ts";

/** What a run says while it goes on. */
export interface Progress {
  done: number;
  total: number;
  component: ComponentReport;
}

export interface ValidateImagesPorts extends Omit<PrepareRunPorts, "sources"> {
  /** Where policy sources come from, besides registries. */
  sources: Omit<SourcePorts, "oci">;
  client: RegistryClient;
  trust: TrustProvider;
  snapshotFiles: SnapshotPorts;
  /** Starts a worker thread that serves evaluations of this policy. */
  startThread(prepared: PreparedPolicy): PoolThread;
  nowMs(): number;
  /** Worker threads for `workers: auto`. */
  defaultWorkers: number;
  /** Most bytes of a JSON document that threads can parse: of a policy input, and of a blob that a policy asks for. */
  maxDocumentBytes: number;
  version: string;
  onProgress?(progress: Progress): void;
  /** Runs when policy, key and snapshot were read, before any image is looked at. */
  beforeImages?(): Promise<void>;
}

/**
 * Validates a snapshot: the product in short. Rejects where the run as a whole cannot go on (unusable input, policy or
 * key); a component that could not be decided is in the report.
 */
export async function validateImages(
  configuration: ValidateImageConfiguration,
  ports: ValidateImagesPorts,
  parent: AbortSignal,
): Promise<Report> {
  const { timeoutMs } = configuration.run;
  const deadline = startDeadline(parent, timeoutMs, () => toRunTimeout(timeoutMs));
  try {
    return await validate(configuration, ports, deadline.signal);
  } finally {
    deadline.clear();
  }
}

async function validate(
  configuration: ValidateImageConfiguration,
  ports: ValidateImagesPorts,
  signal: AbortSignal,
): Promise<Report> {
  const nowNs = BigInt(ports.nowMs()) * 1_000_000n;
  const effectiveTime = parseEffectiveTime(configuration.policy.effectiveTime, nowNs, {
    allowPast: configuration.policy.allowPastEffectiveTime,
  });
  const fixedNs = effectiveTime.kind === "fixed" ? effectiveTime.ns : nowNs;
  const sources: SourcePorts = { ...ports.sources, oci: createRegistryPort(ports.client, signal) };
  const [run, snapshot] = await allOrEveryError([
    prepareRun({ ...configuration, effectiveTimeNs: fixedNs }, { ...ports, sources }, signal),
    readSnapshot(configuration.snapshot, ports.snapshotFiles),
  ]);
  await ports.beforeImages?.();
  const expanded = await expandIndexes(snapshot, createIndexReader(ports.client), {
    platforms: configuration.registry.platforms,
    concurrency: configuration.registry.indexWorkers,
    signal,
  });
  const options: ValidateComponentOptions = {
    verification: toVerificationOptions(configuration, run),
    policySpec: run.spec,
    hasPolicy: (run.spec.sources ?? []).length > 0,
    snapshot: toPolicySnapshot({ ...snapshot, components: expanded.components }),
    effectiveTime: effectiveTime.kind === "fixed" ? effectiveTime : { kind: "attestation", fallbackNs: nowNs },
    nowNs,
    info: configuration.policy.info,
    maxPolicyInputCharacters: ports.maxDocumentBytes,
    keepPolicyInput: configuration.output.targets.some((target) => target.format === "policy-input"),
    keepStatements: configuration.output.targets.some((target) => target.format === "attestation"),
  };
  const components = await validateAll(expanded.components, { configuration, ports, options, run }, signal);
  return {
    success: components.every((component) => component.success),
    components,
    key: run.keyPem,
    policy: run.spec as unknown as JsonObject, // a specification is JSON: it was parsed from it
    version: ports.version,
    effectiveTime: formatEffectiveTime(fixedNs),
    createdAtMs: ports.nowMs(),
    statistics: ports.client.statistics(),
    notes: await collectNotes(expanded, run.prepared, ports, signal),
  };
}

/** A single image's reference must parse: that is the user's to mend. In a snapshot it is one component's trouble. */
async function readSnapshot(slice: SnapshotSlice, files: SnapshotPorts): Promise<Snapshot> {
  if (slice.image !== undefined) parseReference(slice.image);
  return await parseSnapshots(slice, files, slice);
}

interface RunContext {
  configuration: ValidateImageConfiguration;
  ports: ValidateImagesPorts;
  options: ValidateComponentOptions;
  run: PreparedRun;
}

async function validateAll(
  components: readonly ExpandedComponent[],
  { configuration, ports, options, run }: RunContext,
  signal: AbortSignal,
): Promise<ComponentReport[]> {
  const workers = configuration.run.workers === "auto" ? ports.defaultWorkers : configuration.run.workers;
  const pool = createPool({ size: workers, startThread: () => ports.startThread(run.prepared) });
  const { attestationAsSignature } = configuration.verification;
  const host = createEcHost({
    registry: createRegistryPort(ports.client, signal),
    sigstore: createSigstoreCalls({ ...ports, attestationAsSignature }, signal),
    log: ports.log,
    bounds: { maxExpandedBytes: ports.maxDocumentBytes },
  });
  const keys = components.map((component) => component.resolved?.reference);
  const facts = createSharedFacts<ImageFacts>(keys);
  const { componentTimeoutMs } = configuration.run;
  let done = 0;
  try {
    return await mapInFlight(components, toInFlight(workers), async (component, index) => {
      const deadline = startDeadline(signal, componentTimeoutMs, () =>
        toComponentTimeout(component.name, componentTimeoutMs),
      );
      try {
        const shared = { ...ports, pool, host, shareFacts: facts.find };
        const report = await validateComponent(component, options, shared, deadline.signal);
        done += 1;
        ports.onProgress?.({ done, total: components.length, component: report });
        return report;
      } finally {
        deadline.clear();
        const key = keys[index];
        if (key !== undefined) facts.release(key);
      }
    });
  } finally {
    await pool.close();
  }
}

/** Components under way at once: enough that registry round trips do not keep the worker threads waiting. */
function toInFlight(workers: number): number {
  return Math.min(32, workers * 3);
}

function toVerificationOptions(configuration: ValidateImageConfiguration, run: PreparedRun) {
  const { verification } = configuration;
  return {
    key: run.key,
    identity: run.identity,
    ignoreRekor: verification.ignoreRekor,
    skipImageSignatureCheck: verification.skipImageSignatureCheck,
    skipAttestationSignatureCheck: verification.skipAttestationSignatureCheck,
    attestationAsSignature: verification.attestationAsSignature,
    evidenceLimits: { ...defaultEvidenceLimits, maxAttachmentBytes: verification.maxAttachmentBytes },
  };
}

/** The snapshot as policies see it: nothing but the fields that a snapshot has. */
function toPolicySnapshot(snapshot: Snapshot): Snapshot {
  return {
    ...snapshot,
    components: snapshot.components.map(({ name, containerImage, source }) => ({ name, containerImage, source })),
  };
}

async function collectNotes(
  { components, unlistedPlatforms }: ExpandedSnapshot,
  prepared: PreparedPolicy,
  ports: ValidateImagesPorts,
  signal: AbortSignal,
): Promise<string[]> {
  const notes: string[] = [...prepared.notes];
  for (const platform of unlistedPlatforms) {
    notes.push(`--platforms requires ${platform}, which no image index lists: nothing was required by it.`);
  }
  for (const child of components.flatMap((component) => component.absent)) {
    notes.push(
      `${child.index} lists ${child.digest} for ${child.platform}, which is not in the registry and was not validated.`,
    );
  }
  for (const answer of ports.client.unaskedAnswers()) {
    notes.push(`${answer.reference} was taken as ${answer.digest} from the cache: the registry was not asked.`);
  }
  for (const tag of await ports.client.findMovedTags({ signal })) {
    if (tag.fault !== undefined) {
      notes.push(`${tag.reference} could not be asked again at the end, whether it moved is not known: ${tag.fault}`);
      continue;
    }
    notes.push(
      `${tag.reference} moved while it was validated: from ${tag.before} (validated) to ${tag.after ?? "nothing"}.`,
    );
  }
  return notes;
}

/** As Promise.all, but where several fail, all errors are told. */
async function allOrEveryError<First, Second>(promises: [Promise<First>, Promise<Second>]): Promise<[First, Second]> {
  const settled = await Promise.allSettled(promises);
  const errors = settled.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  if (errors.length > 1) throw new AggregateError(errors, "several inputs cannot be used");
  return await Promise.all(promises);
}
