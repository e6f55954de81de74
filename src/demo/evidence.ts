import { toHex } from "../types/index.ts";
import { pushBundle } from "./bundle-evidence.ts";
import { type KeyPair, signBytes } from "./keys.ts";
import type { SignedImage, StoredEvidence } from "./signed-image.ts";
import { type Statement, signStatement } from "./statement.ts";
import { appendEvidence } from "./tag-evidence.ts";
import type { PushTarget } from "./target.ts";

export type { SignedImage, StoredEvidence } from "./signed-image.ts";

/** `tag`: cosign 2's tags `.sig` and `.att`; `bundle`: cosign 3's Sigstore bundles as OCI referrers. */
export type EvidenceFormat = "tag" | "bundle";

export interface EvidenceOptions {
  /** Default `tag`. */
  format?: EvidenceFormat;
  /** Only of signatures: `optional` of the simple-signing payload, or the annotations of the statement's subject. */
  annotations?: Readonly<Record<string, string>>;
}

const signPredicateType = "https://sigstore.dev/cosign/sign/v1";

/**
 * Signs an image, an index or an artifact with a key, as cosign would; signatures that are there already stay.
 * @throws DemoError `registry_refused`, `registry_unreachable`
 */
export async function signImage(
  target: PushTarget,
  image: SignedImage,
  key: KeyPair,
  options: EvidenceOptions = {},
): Promise<StoredEvidence> {
  if (options.format === "bundle") {
    return await pushBundle(target, image, toSignStatement(image, options.annotations ?? {}), key);
  }
  const payload = Buffer.from(JSON.stringify(toSimpleSigning(image, options.annotations)));
  return await appendEvidence(target, image, "sig", {
    mediaType: "application/vnd.dev.cosign.simplesigning.v1+json",
    bytes: payload,
    annotations: { "dev.cosignproject.cosign/signature": signBytes(payload, key) },
  });
}

/**
 * Signs a statement and stores it beside the image. The statement's subject is the caller's: it may be another image.
 * @throws DemoError `registry_refused`, `registry_unreachable`
 */
export async function attestImage(
  target: PushTarget,
  image: SignedImage,
  statement: Statement,
  key: KeyPair,
  options: Pick<EvidenceOptions, "format"> = {},
): Promise<StoredEvidence> {
  if (options.format === "bundle") return await pushBundle(target, image, statement, key);
  const envelope = signStatement(statement, key);
  const signatures = envelope.signatures.map(({ sig }) => ({ keyid: "", sig }));
  return await appendEvidence(target, image, "att", {
    mediaType: "application/vnd.dsse.envelope.v1+json",
    bytes: Buffer.from(JSON.stringify({ ...envelope, signatures })),
    annotations: { "dev.cosignproject.cosign/signature": "", predicateType: statement.predicateType },
  });
}

/** The payload of a signature at a `.sig` tag (the "simple signing" format). */
function toSimpleSigning(image: SignedImage, annotations: Readonly<Record<string, string>> | undefined) {
  return {
    critical: {
      identity: { "docker-reference": `${image.registry}/${image.repository}` },
      image: { "docker-manifest-digest": image.digest },
      type: "cosign container image signature",
    },
    optional: annotations ?? null,
  };
}

function toSignStatement(image: SignedImage, annotations: Readonly<Record<string, string>>): Statement {
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ digest: { sha256: toHex(image.digest) }, annotations }],
    predicateType: signPredicateType,
    predicate: {},
  };
}
