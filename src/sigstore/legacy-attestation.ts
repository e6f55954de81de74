import {
  checkSyntax,
  type Envelope,
  type EnvelopeSignature,
  hasSubject,
  inTotoPayloadType,
  parseEnvelope,
  parseStatement,
  type Statement,
  slsaProvenanceV1,
  slsaProvenanceV02,
  toPreAuthEncoding,
} from "../attestation/index.ts";
import type { Digest, SignatureEntry } from "../types/index.ts";
import type { EvidenceCandidate } from "./evidence.ts";
import { type LegacyMaterial, parseLegacyMaterial } from "./legacy-annotations.ts";
import { attempt, Refusal } from "./refusal.ts";
import { toSignatureEntry, verifiedParts } from "./signature-entry.ts";
import { type SignerPolicy, verifySigner } from "./signer.ts";

const envelopeMediaType = "application/vnd.dsse.envelope.v1+json";

/** An attestation read from its envelope. */
export interface ReadAttestation {
  readonly statementBytes: Uint8Array;
  readonly statement: Statement;
  readonly signatures: readonly SignatureEntry[];
}

/** Judges a layer of an `.att` tag: some signature of the envelope, and the statement's subject. Throws `Refusal` and others. */
export function judgeLegacyAttestation(
  candidate: EvidenceCandidate,
  digest: Digest,
  policy: SignerPolicy & { checkSyntax: boolean },
): ReadAttestation {
  const envelope = parseLayer(candidate);
  const material = parseLegacyMaterial(candidate.annotations, {
    forKey: policy.signer.kind === "key",
    ignoreRekor: policy.ignoreRekor,
  });
  const signatures = verifiedSignatures(envelope, { candidate, material, policy });
  const statement = parseStatement(envelope.payload);
  if (!hasSubject(statement, digest)) throw new Refusal("none of its subjects is this image");
  if (policy.checkSyntax) assertSyntax(statement);
  return { statementBytes: envelope.payload, statement, signatures };
}

/** The attestation in a layer, nothing verified but its form. Throws `Refusal` and others. */
export function readLegacyAttestation(candidate: EvidenceCandidate): ReadAttestation {
  const envelope = parseLayer(candidate);
  const { certificate, intermediates } = parseLegacyMaterial(candidate.annotations, {
    forKey: false,
    ignoreRekor: true,
  });
  const statement = parseStatement(envelope.payload);
  assertSyntax(statement);
  const signatures = envelope.signatures.map(({ keyid, sig }) =>
    toSignatureEntry({ keyid, sig, certificate, chain: intermediates }),
  );
  return { statementBytes: envelope.payload, statement, signatures };
}

function parseLayer(candidate: EvidenceCandidate): Envelope {
  if (candidate.mediaType !== envelopeMediaType) {
    throw new Refusal(`its layer is of type ${candidate.mediaType}; ${envelopeMediaType} was expected`);
  }
  const envelope = parseEnvelope(candidate.bytes);
  if (envelope.payloadType !== inTotoPayloadType) {
    throw new Refusal(
      `its payload is of type ${envelope.payloadType.slice(0, 100)}; ${inTotoPayloadType} was expected`,
    );
  }
  return envelope;
}

interface Judging {
  candidate: EvidenceCandidate;
  material: LegacyMaterial;
  policy: SignerPolicy;
}

/** The report's entries of those signatures that verify; one suffices (DSSE protocol, threshold 1). */
function verifiedSignatures(envelope: Envelope, judging: Judging): readonly SignatureEntry[] {
  const signedBytes = toPreAuthEncoding(envelope.payloadType, envelope.payload);
  const results = envelope.signatures.map((signature) =>
    attempt(() => judgeSignature(signature, { envelope, signedBytes, ...judging })),
  );
  const verified = results.flatMap((result) => ("value" in result ? [result.value] : []));
  if (verified.length > 0) return verified;
  const reasons = new Set(results.flatMap((result) => ("reason" in result ? [result.reason] : [])));
  throw new Refusal([...reasons].slice(0, 3).join("; "));
}

function judgeSignature(
  signature: EnvelopeSignature,
  { envelope, signedBytes, candidate, material, policy }: Judging & { envelope: Envelope; signedBytes: Uint8Array },
): SignatureEntry {
  const content = {
    kind: "envelope",
    signature: signature.bytes,
    signedBytes,
    payload: envelope.payload,
    storedBytes: candidate.bytes,
  } as const;
  const path = verifySigner(content, { ...material, timestamped: candidate.bytes }, policy);
  return toSignatureEntry({ keyid: signature.keyid, sig: signature.sig, ...verifiedParts(material, path) });
}

function assertSyntax(statement: Statement): void {
  if (statement.predicateType !== slsaProvenanceV02 && statement.predicateType !== slsaProvenanceV1) return;
  const problems = checkSyntax(statement);
  if (problems.length > 0) {
    throw new Refusal(describeSyntax(statement.predicateType, problems));
  }
}

/** Why a statement whose form is wrong does not count. */
export function describeSyntax(predicateType: string, problems: readonly string[]): string {
  return `it is not of the form of ${predicateType}: ${problems.slice(0, 5).join("; ")}`;
}
