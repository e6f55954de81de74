import { posix } from "node:path";
import type { Descriptor, Json, JsonObject } from "../types/index.ts";
import { hasOciCode, OciError } from "./errors.ts";
import type { FileLimits } from "./file-limits.ts";
import { type InflationLimits, inflate } from "./inflation.ts";
import { parseImageManifest, parseIndex } from "./manifest.ts";
import { formatPinned, type PinnedReference, toPinned } from "./reference.ts";
import type { RegistryClient, RequestOptions } from "./registry-client.ts";
import { createSquashedView, toCleanPath } from "./squashed-view.ts";
import { parseStructuredDocument } from "./structured-document.ts";
import { readTar, type TarEntry } from "./tar-reader.ts";

const ratioFromBytes = 64 * 1024 ** 2;
const documentExtensions = new Set([".yaml", ".yml", ".json"]);
const maxIndexDepth = 3;

type FileClient = Pick<RegistryClient, "fetchManifest" | "openBlob" | "fileLimits">;

/**
 * The YAML and JSON files that lie directly in these directories of an image (`ec.oci.image_files`): by name without
 * the `./` that some archives begin names with, as parsed values; files that do not parse are left out. Layers lie on
 * each other as they do when the image runs. Directories are compared without regard to case. Links are never followed:
 * what is no file (a link, a folder) is null, as an empty file is; links that lead out of the image are left out. Of
 * two entries with one name in a layer the last counts. For an index, its linux/amd64 image is read.
 *
 * Layers are streamed and their digests checked; memory does not depend on their size. Throws OciError: `too-large`
 * past a limit, `invalid-response` where a layer is no tar archive.
 */
export async function readImageFiles(
  client: FileClient,
  ref: PinnedReference,
  directories: readonly string[],
  { signal }: RequestOptions,
): Promise<JsonObject> {
  if (directories.length === 0) return {};
  const limits = client.fileLimits;
  const layers = await fetchLayers(client, ref, { signal, depth: 0 });
  const wanted = directories.map(toCleanPath);
  const lowerWanted = new Set(wanted.map((directory) => directory.toLowerCase()));
  const subject = formatPinned(ref);
  const view = createSquashedView(wanted, { ...limits, subject });
  const files = createCollection(limits, subject);
  for (const layer of layers.toReversed()) {
    for await (const entry of openArchive(client, ref, layer, { signal })) {
      const name = view.enter(entry);
      if (name === undefined || !lowerWanted.has(posix.dirname(name).toLowerCase())) continue;
      if (!documentExtensions.has(posix.extname(name).toLowerCase())) continue;
      if (leadsOutside(name, entry)) files.remove(name);
      else await files.add(name, entry);
    }
    view.endLayer();
  }
  return files.toObject();
}

/**
 * Files of exactly these names in a blob that is a tar archive (`ec.oci.blob_files`), whatever their extension; otherwise
 * as {@link readImageFiles}.
 */
export async function readBlobFiles(
  client: FileClient,
  ref: PinnedReference,
  paths: readonly string[],
  { signal }: RequestOptions,
): Promise<JsonObject> {
  if (paths.length === 0) return {};
  const limits = client.fileLimits;
  const wanted = new Set(paths);
  const files = createCollection(limits, formatPinned(ref));
  for await (const entry of openArchive(client, ref, { digest: ref.digest }, { signal })) {
    if (wanted.has(entry.name)) await files.add(entry.name, entry);
  }
  return files.toObject();
}

async function fetchLayers(
  client: FileClient,
  ref: PinnedReference,
  { signal, depth }: { signal: AbortSignal; depth: number },
): Promise<readonly Descriptor[]> {
  const subject = formatPinned(ref);
  const { body, kind } = await client.fetchManifest(ref, { signal });
  if (kind === "image") return parseImageManifest(body, subject).layers;
  const child = parseIndex(body, subject).manifests.find(
    ({ platform }) => platform?.os === "linux" && platform.architecture === "amd64",
  );
  if (child === undefined || depth === maxIndexDepth) {
    throw new OciError(`${subject}: expected an image, or an index with one for linux/amd64`, {
      code: "not-found",
      subject,
    });
  }
  return fetchLayers(client, toPinned(ref, child.digest), { signal, depth: depth + 1 });
}

async function* openArchive(
  client: FileClient,
  ref: PinnedReference,
  layer: Pick<Descriptor, "digest"> & Partial<Descriptor>,
  { signal }: RequestOptions,
): AsyncGenerator<TarEntry> {
  const limits = client.fileLimits;
  const subject = formatPinned(toPinned(ref, layer.digest));
  const descriptor = { digest: layer.digest, ...(layer.size === undefined ? {} : { size: layer.size }) };
  const inflation: InflationLimits = { maxBytes: limits.maxInflatedBytes, maxRatio: limits.maxRatio, ratioFromBytes };
  try {
    const stored = await client.openBlob(ref, descriptor, { maxBytes: limits.maxStoredBytes, signal });
    yield* readTar(inflate(stored, inflation, subject), { maxEntries: limits.maxEntries, subject });
  } catch (thrown) {
    throw isForeign(layer) && hasOciCode(thrown, "not-found") ? notHeld(subject, thrown) : thrown;
  }
}

/** Layers that registries need not hold (OCI image-spec, layer.md, "Non-Distributable Layers"; Docker's foreign ones). */
function isForeign({ mediaType = "", urls = [] }: Partial<Descriptor>): boolean {
  return urls.length > 0 || /\.layer\.nondistributable\.|\.rootfs\.foreign\./.test(mediaType);
}

function notHeld(subject: string, cause: OciError): OciError {
  return new OciError(
    `${subject}: the registry does not hold this layer, which may be had elsewhere alone: what its manifest names as urls is not asked`,
    { code: "not-found", subject, cause },
  );
}

/** A relative link whose target lies above the image's root. */
function leadsOutside(name: string, { type, linkName }: TarEntry): boolean {
  if (type !== "symbolic-link" && type !== "hard-link") return false;
  return !posix.isAbsolute(linkName) && posix.join(posix.dirname(name), linkName).startsWith("..");
}

function createCollection(limits: FileLimits, subject: string) {
  const files = new Map<string, Json>();
  let totalBytes = 0;
  const refuse = (reason: string) => new OciError(`${subject}: ${reason}`, { code: "too-large", subject });

  return {
    async add(name: string, entry: TarEntry): Promise<void> {
      if (entry.type === "sparse") {
        throw new OciError(`${subject}: ${name} is a sparse file, which is not read`, {
          code: "invalid-response",
          subject,
        });
      }
      const bytes = entry.type === "file" ? await entry.read(limits.maxFileBytes) : new Uint8Array();
      totalBytes += bytes.length;
      if (totalBytes > limits.maxTotalBytes) throw refuse(`the files have more than ${limits.maxTotalBytes} bytes`);
      const { maxYamlBytes } = limits;
      const document = await parseStructuredDocument(bytes, { maxYamlBytes, subject: `${subject}, ${name}` });
      if (document === undefined) files.delete(name);
      else files.set(name, document);
      if (files.size > limits.maxFiles) throw refuse(`there are more than ${limits.maxFiles} files`);
    },
    remove: (name: string) => void files.delete(name),
    toObject: (): JsonObject => Object.fromEntries(files),
  };
}
