import { type Digest, isJsonObject, type SignatureEntry } from "../types/index.ts";
import type { EvidenceCandidate } from "./evidence.ts";
import { parseLegacyMaterial, signatureAnnotation } from "./legacy-annotations.ts";
import { attempt, Refusal } from "./refusal.ts";
import { toSignatureEntry, verifiedParts } from "./signature-entry.ts";
import { type SignerPolicy, verifySigner } from "./signer.ts";

/** Most bytes of a simple-signing payload: it names one image. */
const maxPayloadBytes = 1024 * 1024;

/**
 * Judges a layer of a `.sig` tag: the signature over the simple-signing payload, and the payload's claim. The identity
 * in the payload (`docker-reference`) is not compared: images may move. Throws `Refusal`.
 */
export function judgeLegacySignature(
  candidate: EvidenceCandidate,
  digest: Digest,
  policy: SignerPolicy,
): SignatureEntry {
  if (candidate.bytes.length > maxPayloadBytes) {
    throw new Refusal(`its payload has ${candidate.bytes.length} bytes; at most ${maxPayloadBytes} are read`);
  }
  const sig = signatureAnnotation(candidate.annotations);
  const signature = Buffer.from(sig, "base64");
  const material = parseLegacyMaterial(candidate.annotations, {
    forKey: policy.signer.kind === "key",
    ignoreRekor: policy.ignoreRekor,
  });
  const content = { kind: "message", signature, signedBytes: candidate.bytes, payload: candidate.bytes } as const;
  const path = verifySigner(content, { ...material, timestamped: signature }, policy);
  assertClaim(candidate.bytes, digest);
  return toSignatureEntry({ keyid: "", sig, ...verifiedParts(material, path) });
}

/** containers/image, docs/containers-signature.5.md, "critical". */
function assertClaim(payload: Uint8Array, digest: Digest): void {
  const parsed = attempt((): unknown => JSON.parse(Buffer.from(payload).toString("utf8")));
  const claim = "value" in parsed ? memberOf(memberOf(parsed.value, "critical"), "image") : undefined;
  const claimed = memberOf(claim, "docker-manifest-digest");
  if (claimed !== digest) {
    const shown = typeof claimed === "string" ? claimed.slice(0, 100) : "no digest";
    throw new Refusal(`it signs ${shown}, not this image`);
  }
}

function memberOf(value: unknown, name: string): unknown {
  return isJsonObject(value) ? value[name] : undefined;
}
