import { hasOciCode, type PinnedReference, parseReference, toPinned } from "../oci/index.ts";
import { type JsonObject, type SignatureEntry, StageError, toErrorMessage } from "../types/index.ts";
import { signPredicateType } from "./bundle.ts";
import { SigstoreError, type SigstoreErrorCode } from "./errors.ts";
import type { EvidenceClient, ImageEvidence } from "./evidence.ts";
import { fetchEvidence } from "./evidence-fetch.ts";
import { classifyKeyReference } from "./key-reference.ts";
import { type PublicKeyMaterial, parsePublicKey, parsePublicKeys } from "./public-key.ts";
import type { TrustProvider } from "./trust-provider.ts";
import { mergeOverrides } from "./trust-root.ts";
import { type Judgement, judgeEvidence, needsTrust, type VerifiedAttestation } from "./verification.ts";
import { toSignerPolicies, type VerificationPolicy } from "./verification-policy.ts";

export interface SigstoreCallContext {
  readonly client: EvidenceClient;
  readonly trust: TrustProvider;
  /** Reads a key reference (a file, a URL, ...) to PEM; inline PEM does not come here. */
  readonly readKey: (reference: string, options: { signal: AbortSignal }) => Promise<string>;
  readonly now: Date;
  readonly attestationAsSignature: boolean;
  readonly signal: AbortSignal;
  /** Stands in for `fetchEvidence` where evidence is shared within a run. */
  readonly fetchEvidence?: (image: PinnedReference, options: { signal: AbortSignal }) => Promise<ImageEvidence>;
}

export interface CallSignature {
  readonly keyid: string;
  readonly signature: string;
  readonly certificate: string;
  readonly chain: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

export interface VerifyImageResult {
  readonly success: boolean;
  readonly errors: readonly string[];
  readonly signatures: readonly CallSignature[];
}

export interface VerifyAttestationResult {
  readonly success: boolean;
  readonly errors: readonly string[];
  readonly attestations: readonly { readonly statement: JsonObject; readonly signatures: readonly CallSignature[] }[];
}

/**
 * What `ec.sigstore.verify_image` returns. Whatever is wrong with the reference, the options or the evidence is in the
 * result; thrown are only an aborted signal and what leaves the question open: faults of the network, no trust material. `options` (PARITY 7):
 * `certificate_identity[_regexp]`, `certificate_oidc_issuer[_regexp]`, `public_key`, `rekor_public_key` (texts),
 * `ignore_rekor` (false where missing); `rekor_url` is accepted, no log is asked.
 */
export async function verifyImageCall(
  reference: string,
  options: JsonObject,
  context: SigstoreCallContext,
): Promise<VerifyImageResult> {
  const judged = await judgeCall(reference, options, context);
  if ("error" in judged) return { success: false, errors: [judged.error], signatures: [] };
  const counting = context.attestationAsSignature
    ? judged.bundles
    : judged.bundles.filter(({ predicateType }) => predicateType === signPredicateType);
  const signatures = [
    ...judged.legacySignatures.map(toCallSignature),
    ...counting.map(() => toCallSignature({ keyid: "", sig: "" })), // bundles are told without key id and signature
  ];
  if (signatures.length > 0) return { success: true, errors: [], signatures };
  return { success: false, errors: [`verify image signature: ${toFailure(judged, "signature")}`], signatures };
}

/** What `ec.sigstore.verify_attestation` returns, signing statements included; throws as `verifyImageCall` does. */
export async function verifyAttestationCall(
  reference: string,
  options: JsonObject,
  context: SigstoreCallContext,
): Promise<VerifyAttestationResult> {
  const judged = await judgeCall(reference, options, context);
  if ("error" in judged) return { success: false, errors: [judged.error], attestations: [] };
  const attestations = [...judged.legacyAttestations, ...judged.bundles].map(toCallAttestation);
  if (attestations.length > 0) return { success: true, errors: [], attestations };
  return {
    success: false,
    errors: [`verify image attestation signature: ${toFailure(judged, "attestation")}`],
    attestations,
  };
}

async function judgeCall(
  reference: string,
  options: JsonObject,
  context: SigstoreCallContext,
): Promise<Judgement | { readonly error: string }> {
  const { signal } = context;
  try {
    const image = parseImage(reference);
    const policy = await toPolicy(options, { image, context });
    toSignerPolicies(policy); // what is wrong with the options shows before anything is fetched
    const evidence = await (context.fetchEvidence ?? fetchBy(context.client))(image, { signal });
    const trust = needsTrust(evidence, policy) ? await readTrust(options, context) : undefined;
    return judgeEvidence(evidence, { ...policy, trust });
  } catch (thrown) {
    signal.throwIfAborted();
    if (!isAnswer(thrown)) throw thrown;
    return { error: toErrorMessage(thrown) };
  }
}

/** Whether an error is an answer about this call, which a policy may look at, and not the lack of one. */
function isAnswer(thrown: unknown): boolean {
  if (thrown instanceof SigstoreError) return answers.has(thrown.code);
  return hasOciCode(
    thrown,
    "invalid-reference",
    "not-found",
    "unauthorized",
    "forbidden",
    "too-large",
    "invalid-response",
  );
}

const answers: ReadonlySet<SigstoreErrorCode> = new Set([
  "key_invalid",
  "key_reference_unsupported",
  "policy_invalid",
  "evidence_too_large",
]);

function fetchBy(client: EvidenceClient) {
  return (image: PinnedReference, options: { signal: AbortSignal }) => fetchEvidence(client, image, options);
}

function parseImage(reference: string): PinnedReference {
  const parsed = parseReference(reference);
  if (parsed.digest === undefined) {
    throw new SigstoreError(`${reference} names no digest; repository@sha256:... was expected`, {
      code: "policy_invalid",
    });
  }
  return toPinned(parsed, parsed.digest);
}

async function toPolicy(
  options: JsonObject,
  { image, context }: { image: PinnedReference; context: SigstoreCallContext },
): Promise<VerificationPolicy> {
  const ignoreRekor = options.ignore_rekor ?? false;
  if (typeof ignoreRekor !== "boolean") {
    throw new SigstoreError("opts parameter: `ignore_rekor` must be true or false", { code: "policy_invalid" });
  }
  const key = textOf(options, "public_key");
  const rekorKeys = textOf(options, "rekor_public_key");
  if (rekorKeys !== "") parsePublicKeys(rekorKeys);
  return {
    digest: image.digest,
    key: key === "" ? undefined : await readKey(key, context),
    identity: {
      subject: textOf(options, "certificate_identity"),
      subjectRegExp: textOf(options, "certificate_identity_regexp"),
      issuer: textOf(options, "certificate_oidc_issuer"),
      issuerRegExp: textOf(options, "certificate_oidc_issuer_regexp"),
    },
    ignoreRekor,
    now: context.now,
    attestationAsSignature: context.attestationAsSignature,
    checkLegacySyntax: false,
  };
}

async function readKey(text: string, context: SigstoreCallContext): Promise<PublicKeyMaterial> {
  const reference = classifyKeyReference(text);
  switch (reference.kind) {
    case "pem":
      return parsePublicKey(reference.pem);
    case "unsupported":
      throw new SigstoreError(reference.message, { code: "key_reference_unsupported" });
    default:
      return parsePublicKey(await readReference(text.trim(), context));
  }
}

async function readReference(text: string, { readKey: read, signal }: SigstoreCallContext): Promise<string> {
  try {
    return await read(text, { signal });
  } catch (cause) {
    if (signal.aborted || (cause instanceof StageError && cause.retryable)) throw cause;
    const reason = toErrorMessage(cause);
    throw new SigstoreError(`the public key ${text} cannot be read: ${reason}`, { code: "key_invalid", cause });
  }
}

/** The run's trust material, and the log's key that the policy's author believes besides it. */
async function readTrust(options: JsonObject, { trust, signal }: SigstoreCallContext) {
  const material = await trust.get({ signal });
  const rekorKeys = textOf(options, "rekor_public_key");
  return rekorKeys === "" ? material : mergeOverrides(material, { rekorKeys });
}

function textOf(options: JsonObject, name: string): string {
  const value = options[name] ?? "";
  if (typeof value !== "string") {
    throw new SigstoreError(`opts parameter: \`${name}\` must be a string`, { code: "policy_invalid" });
  }
  return value;
}

function toCallSignature({ keyid, sig, certificate = "", chain = [], metadata = {} }: SignatureEntry): CallSignature {
  return { keyid, signature: sig, certificate, chain, metadata };
}

function toCallAttestation({ statement, signatures }: VerifiedAttestation) {
  return { statement: statement.body, signatures: signatures.map(toCallSignature) };
}

function toFailure({ refused }: Judgement, kind: "signature" | "attestation"): string {
  const reasons = [...new Set(refused.filter((one) => one.kind === kind).map(({ reason }) => reason))].slice(0, 3);
  return reasons.length === 0 ? `no ${kind}s found` : `no matching ${kind}s: ${reasons.join("; ")}`;
}
