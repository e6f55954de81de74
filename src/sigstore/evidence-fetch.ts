import {
  formatPinned,
  formatReference,
  hasOciCode,
  type ImageManifest,
  type PinnedReference,
  parseImageManifest,
  toPinned,
  toTagged,
} from "../oci/index.ts";
import { type Descriptor, type RefusedEvidence, toErrorMessage, toHex } from "../types/index.ts";
import { SigstoreError } from "./errors.ts";
import {
  defaultEvidenceLimits,
  type EvidenceCandidate,
  type EvidenceClient,
  type EvidenceLimits,
  type ImageEvidence,
} from "./evidence.ts";

interface Fetching {
  readonly client: EvidenceClient;
  readonly image: PinnedReference;
  readonly limits: EvidenceLimits;
  readonly signal: AbortSignal;
}

interface Found {
  readonly candidates: readonly EvidenceCandidate[];
  readonly refused: readonly RefusedEvidence[];
}

const nothing: Found = { candidates: [], refused: [] };

/** Something that may be a candidate: known by its descriptor, not fetched. */
interface Attachment {
  readonly format: EvidenceCandidate["format"];
  readonly location: string;
  readonly layer: Descriptor;
}

/**
 * Fetches everything that hangs on the image's digest: the layers of the tags `sha256-<hex>.sig` and `.att`, and the
 * Sigstore bundles among its referrers. Both storages are always read. A registry that cannot be asked is an error,
 * never "no signatures". Throws the client's errors and `SigstoreError` `evidence_too_large` (too many of them; single
 * ones that are too large are listed as refused).
 */
export async function fetchEvidence(
  client: EvidenceClient,
  image: PinnedReference,
  options: { signal: AbortSignal; limits?: EvidenceLimits },
): Promise<ImageEvidence> {
  const ending = new AbortController();
  const fetching: Fetching = {
    client,
    image,
    limits: options.limits ?? defaultEvidenceLimits,
    signal: AbortSignal.any([options.signal, ending.signal]),
  };
  try {
    const found = await Promise.all([
      fetchTag(fetching, "legacy-signature"),
      fetchTag(fetching, "legacy-attestation"),
      fetchBundles(fetching),
    ]);
    return {
      digest: image.digest,
      candidates: found.flatMap(({ candidates }) => candidates),
      refused: found.flatMap(({ refused }) => refused),
    };
  } finally {
    ending.abort(); // where one request failed, the others are of no use
  }
}

/** The layers of cosign's tag (cosign, specs/SIGNATURE_SPEC.md and ATTESTATION_SPEC.md). */
async function fetchTag(fetching: Fetching, format: "legacy-signature" | "legacy-attestation"): Promise<Found> {
  const { client, image, limits, signal } = fetching;
  const suffix = format === "legacy-signature" ? "sig" : "att";
  const tag = toTagged(image, `sha256-${toHex(image.digest)}.${suffix}`);
  const location = formatReference(tag);
  const descriptor = await client.findTag(tag, { signal });
  if (descriptor === undefined) return nothing;
  const manifest = await fetchImageManifest(fetching, toPinned(image, descriptor.digest));
  if (typeof manifest === "string")
    return { candidates: [], refused: [{ kind: kindOf(format), location, reason: manifest }] };
  if (manifest.layers.length > limits.maxLayers) {
    throw tooMany(location, `${manifest.layers.length} layers`, limits.maxLayers);
  }
  const attachments = manifest.layers.map((layer, index) => ({
    format,
    location: `${location} (layer ${index + 1})`,
    layer,
  }));
  return fetchAttachments(fetching, attachments);
}

/** Sigstore bundles among the referrers. What a listing says of their type is not believed: the manifests are opened. */
async function fetchBundles(fetching: Fetching): Promise<Found> {
  const { client, image, limits, signal } = fetching;
  const referrers = await client.fetchReferrers(image, { signal });
  if (referrers.length > limits.maxReferrers) {
    throw tooMany(formatPinned(image), `${referrers.length} referrers`, limits.maxReferrers);
  }
  const opened = await Promise.all(referrers.map((referrer) => openReferrer(fetching, referrer)));
  const attachments = opened.flatMap((one) => (one !== undefined && "layer" in one ? [one] : []));
  const refused = opened.flatMap((one) => (one !== undefined && "reason" in one ? [one] : []));
  const found = await fetchAttachments(fetching, attachments);
  return { candidates: found.candidates, refused: [...refused, ...found.refused] };
}

const bundlePrefix = "application/vnd.dev.sigstore.bundle";
const bundleMediaTypes: readonly string[] = [
  "application/vnd.dev.sigstore.bundle.v0.3+json",
  "application/vnd.dev.sigstore.bundle+json;version=0.3",
];

async function openReferrer(
  fetching: Fetching,
  referrer: Descriptor,
): Promise<Attachment | RefusedEvidence | undefined> {
  const pinned = toPinned(fetching.image, referrer.digest);
  const location = formatPinned(pinned);
  const refuse = (reason: string): RefusedEvidence => ({ kind: "attestation", location, reason });
  const manifest = await fetchImageManifest(fetching, pinned);
  if (typeof manifest === "string") return looksLikeBundle(referrer) ? refuse(manifest) : undefined;
  const layer = manifest.layers.find(({ mediaType }) => mediaType.startsWith(bundlePrefix));
  if (layer === undefined) return undefined;
  if (manifest.layers.length > 1)
    return refuse(`${manifest.layers.length} layers; a bundle is the only layer of its manifest`);
  if (!bundleMediaTypes.includes(layer.mediaType))
    return refuse(`it is a bundle of an unknown version: ${layer.mediaType.slice(0, 100)}`);
  return { format: "bundle", location, layer };
}

/** Only decides whether something unreadable is worth a line in the report. */
function looksLikeBundle(referrer: Descriptor): boolean {
  return referrer.artifactType?.startsWith(bundlePrefix) ?? false;
}

/** The manifest; a text where what is there is, for good, none. */
async function fetchImageManifest(
  { client, signal }: Fetching,
  pinned: PinnedReference,
): Promise<ImageManifest | string> {
  try {
    const { body, kind } = await client.fetchManifest(pinned, { signal });
    if (kind !== "image") return "it is an image index; an image manifest was expected";
    return parseImageManifest(body, formatPinned(pinned));
  } catch (thrown) {
    return toFinalAnswer(thrown);
  }
}

/** What the registry will answer again tomorrow is a reason to refuse; anything else leaves the question open. */
function toFinalAnswer(thrown: unknown): string {
  if (hasOciCode(thrown, "not-found", "too-large", "invalid-response")) return toErrorMessage(thrown);
  throw thrown;
}

async function fetchAttachments(fetching: Fetching, attachments: readonly Attachment[]): Promise<Found> {
  const budgeted = withinBudget(attachments, fetching.limits);
  const results = await Promise.all(
    attachments.map((attachment) =>
      budgeted.has(attachment) ? fetchAttachment(fetching, attachment) : tooLarge(attachment, fetching.limits),
    ),
  );
  return {
    candidates: results.flatMap((result) => ("bytes" in result ? [result] : [])),
    refused: results.flatMap((result) => ("reason" in result ? [result] : [])),
  };
}

/** The attachments that are read: small ones first, so that large ones pushed beside them crowd nothing out. */
function withinBudget(attachments: readonly Attachment[], limits: EvidenceLimits): ReadonlySet<Attachment> {
  const within = new Set<Attachment>();
  let total = 0;
  for (const attachment of [...attachments].sort((a, b) => a.layer.size - b.layer.size)) {
    total += attachment.layer.size;
    if (attachment.layer.size > limits.maxAttachmentBytes || total > limits.maxTotalBytes) break;
    within.add(attachment);
  }
  return within;
}

function tooLarge({ format, location, layer }: Attachment, limits: EvidenceLimits): RefusedEvidence {
  const reason = `${layer.size} bytes; at most ${limits.maxAttachmentBytes}, and ${limits.maxTotalBytes} with the others, are read`;
  return { kind: kindOf(format), location, reason };
}

async function fetchAttachment(
  { client, image, limits, signal }: Fetching,
  { format, location, layer }: Attachment,
): Promise<EvidenceCandidate | RefusedEvidence> {
  try {
    const maxBytes = Math.min(limits.maxAttachmentBytes, layer.size);
    const bytes = await client.fetchBlob(image, layer, { maxBytes, signal });
    return { format, location, mediaType: layer.mediaType, annotations: layer.annotations ?? {}, bytes };
  } catch (thrown) {
    return { kind: kindOf(format), location, reason: toFinalAnswer(thrown) };
  }
}

function kindOf(format: EvidenceCandidate["format"]): RefusedEvidence["kind"] {
  return format === "legacy-signature" ? "signature" : "attestation";
}

function tooMany(subject: string, found: string, limit: number): SigstoreError {
  return new SigstoreError(`${subject} has ${found}; at most ${limit} are read`, {
    code: "evidence_too_large",
    subject,
  });
}
