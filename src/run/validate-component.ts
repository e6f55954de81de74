import { hasOciCode, type OciError, type PinnedReference, type RegistryClient } from "../oci/index.ts";
import {
  buildPolicyInput,
  builtinResult,
  type EcHost,
  type PolicySpec,
  sortResults,
  stripMetadata,
} from "../policy/index.ts";
import type { TrustProvider, VerifiedAttestation } from "../sigstore/index.ts";
import type { ExpandedComponent } from "../snapshot/index.ts";
import type { ComponentReport, Log, RuleResult, Snapshot } from "../types/index.ts";
import { RunError } from "./errors.ts";
import { evaluateComponent } from "./evaluate-component.ts";
import { fetchImageDetails, type ImageDetails } from "./image-details.ts";
import type { Pool } from "./pool.ts";
import { parsePinned } from "./registry-ports.ts";
import { toFault } from "./serve-evaluations.ts";
import {
  findNewestBuildMs,
  toAttestationEntry,
  type VerifiedImage,
  type VerifyImageOptions,
  verifyImage,
} from "./verify-image.ts";

/** What is known of an image whatever the component's name: shared by all components with the same image. */
export interface ImageFacts {
  verified: VerifiedImage;
  details: ImageDetails;
}

export interface ValidateComponentOptions {
  verification: VerifyImageOptions;
  /** Effective specification, with pinned sources. */
  policySpec: PolicySpec;
  /** Whether there is any policy to evaluate. */
  hasPolicy: boolean;
  /** As policies see it: expanded, references as they were written. */
  snapshot: Snapshot;
  effectiveTime: { kind: "fixed"; ns: bigint } | { kind: "attestation"; fallbackNs: bigint };
  nowNs: bigint;
  info: boolean;
  /** Most characters of a policy input: V8 ends the whole process where one JSON.parse outgrows a thread's heap. */
  maxPolicyInputCharacters: number;
  keepPolicyInput: boolean;
  keepStatements: boolean;
}

export interface ValidateComponentPorts {
  client: RegistryClient;
  trust: TrustProvider;
  pool: Pool;
  host: EcHost;
  log: Log;
  nowMs(): number;
  /** Runs the look-up once for all components that share the image. */
  shareFacts(key: string, find: () => Promise<ImageFacts>): Promise<ImageFacts>;
}

/**
 * One component's way: resolved, verified, described, evaluated. Never rejects: what could not be decided is the
 * report's `error`.
 */
export async function validateComponent(
  component: ExpandedComponent,
  options: ValidateComponentOptions,
  ports: ValidateComponentPorts,
  signal: AbortSignal,
): Promise<ComponentReport> {
  try {
    return await decide(component, options, ports, signal);
  } catch (error) {
    const { code, message, subject } = toFault(signal.aborted ? signal.reason : error);
    ports.log.debug(`${component.name}: could not decide: ${code}: ${message}`);
    return { ...emptyReport(component), error: { code, message, ...(subject === undefined ? {} : { subject }) } };
  }
}

async function decide(
  component: ExpandedComponent,
  options: ValidateComponentOptions,
  ports: ValidateComponentPorts,
  signal: AbortSignal,
): Promise<ComponentReport> {
  if (component.error !== undefined) {
    if (isFinalAnswer(component.error)) return toInaccessible(component, component.error, options);
    throw component.error;
  }
  if (component.resolved === undefined) throw new RunError("the image was not resolved", { code: "aborted" });
  const { reference } = component.resolved;
  const image = parsePinned(reference);
  const facts = await ports.shareFacts(reference, () => findFacts(image, options, ports, signal));
  const { verified } = facts;
  const input = verified.hasPolicyInput ? toPolicyInput(component, facts, options) : undefined;
  const outcome =
    input === undefined || !options.hasPolicy
      ? { violations: [], warnings: [], successes: [], excluded: [], notes: [] }
      : await evaluateComponent(
          {
            inputText: input,
            effectiveTimeNs: effectiveTimeOf(verified.attestations, options),
            nowNs: options.nowNs,
            component: { name: component.name, imageRef: reference },
          },
          ports,
          signal,
        );
  for (const note of outcome.notes) ports.log.warning(`${component.name}: ${note}`);
  const finish = (results: readonly RuleResult[]) => stripMetadata(sortResults(results), { info: options.info });
  const violations = finish([...component.violations, ...verified.violations, ...outcome.violations]);
  return {
    ...emptyReport(component),
    containerImage: reference,
    violations,
    warnings: finish(outcome.warnings),
    successes: finish([...verified.successes, ...outcome.successes]),
    success: violations.length === 0,
    signatures: verified.signatures,
    attestations: verified.attestations.map(toAttestationEntry),
    refused: verified.refused,
    skipped: verified.skipped,
    excluded: options.info ? finish(outcome.excluded) : [],
    statements: options.keepStatements ? verified.attestations.map((attestation) => attestation.statement.body) : [],
    ...(options.keepPolicyInput && input !== undefined ? { policyInput: input } : {}),
  };
}

async function findFacts(
  image: PinnedReference,
  options: ValidateComponentOptions,
  ports: ValidateComponentPorts,
  signal: AbortSignal,
): Promise<ImageFacts> {
  const verified = await verifyImage(image, options.verification, ports, signal);
  // An image's annotations and labels say what else is fetched: only those of a verified image are listened to.
  const isWanted = verified.hasPolicyInput && options.hasPolicy;
  return { verified, details: isWanted ? await fetchImageDetails(image, ports, signal) : {} };
}

function toPolicyInput(component: ExpandedComponent, facts: ImageFacts, options: ValidateComponentOptions): string {
  const text = buildPolicyInput({
    attestations: facts.verified.attestations.map((attestation) => ({
      statementText: new TextDecoder().decode(attestation.statementBytes),
      signatures: attestation.signatures,
    })),
    image: {
      ref: component.resolved?.reference ?? component.containerImage,
      signatures: facts.verified.signatures,
      ...facts.details,
      source: component.source,
    },
    snapshot: options.snapshot,
    componentName: component.name,
    policySpec: options.policySpec,
  });
  if (text.length > options.maxPolicyInputCharacters) {
    throw new RunError(
      `the policy input of ${component.name} has ${text.length} characters, more than the ${options.maxPolicyInputCharacters} that the memory here allows: its attestations must be smaller, or the machine's memory larger`,
      { code: "too-large", subject: component.containerImage },
    );
  }
  return text;
}

function effectiveTimeOf(attestations: readonly VerifiedAttestation[], options: ValidateComponentOptions): bigint {
  const { effectiveTime } = options;
  if (effectiveTime.kind === "fixed") return effectiveTime.ns;
  const builtMs = findNewestBuildMs(attestations);
  return builtMs === undefined ? effectiveTime.fallbackNs : BigInt(builtMs) * 1_000_000n;
}

/** The registry answered, and the answer is that there is no such image for us (PARITY 4.6). */
function isFinalAnswer(error: unknown): error is OciError {
  return hasOciCode(error, "not-found", "unauthorized", "forbidden");
}

function toInaccessible(
  component: ExpandedComponent,
  error: OciError,
  options: ValidateComponentOptions,
): ComponentReport {
  const violation = builtinResult("builtin.image.accessible", `Image URL is not accessible: ${error.message}`);
  return { ...emptyReport(component), violations: stripMetadata([violation], { info: options.info }) };
}

function emptyReport(component: ExpandedComponent): ComponentReport {
  return {
    name: component.name,
    containerImage: component.resolved?.reference ?? component.containerImage,
    source: component.source,
    violations: [],
    warnings: [],
    successes: [],
    success: false,
    signatures: [],
    attestations: [],
    refused: [],
    skipped: [],
    excluded: [],
    statements: [],
  };
}
