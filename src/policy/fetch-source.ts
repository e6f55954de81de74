import { classifyArchive, expandArchive, SourceBudget } from "./archive.ts";
import { assertChecksum, hashBytes, hashTree, splitChecksum } from "./content-pin.ts";
import { PolicyError } from "./errors.ts";
import { parseGitSource, toPinnedGit } from "./git-source.ts";
import { pullArtefact, toArtefactReference, toPinnedArtefact } from "./oci-artefact.ts";
import type { SourceBounds, SourceFile, SourcePorts } from "./ports.ts";
import { toInsecureFault, toSourceFault, toSubject } from "./source-faults.ts";
import { classifySource, isInsecure } from "./source-kind.ts";

/** The files of one address. */
export interface FetchedSource {
  /** As written in the configuration. */
  url: string;
  /** As the report shows it: with the commit, digest or hash of what was read. */
  pinnedUrl: string;
  files: readonly SourceFile[];
}

export interface FetchContext {
  ports: SourcePorts;
  bounds: SourceBounds;
  signal?: AbortSignal;
}

type Fetched = Omit<FetchedSource, "url">;

const policyFile = /\.(rego|json|ya?ml)$/i;

function keepPolicyFiles(files: readonly SourceFile[]): SourceFile[] {
  return files.filter(({ path }) => policyFile.test(path));
}

function signalOf({ signal }: FetchContext): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function joinPath(folder: string, path: string): string {
  return /[/\\]$/.test(folder) ? `${folder}${path}` : `${folder}/${path}`;
}

async function readFolder(folder: string, context: FetchContext): Promise<SourceFile[]> {
  const { ports, bounds } = context;
  const budget = new SourceBudget(bounds, toSubject(folder));
  const listed = await ports.files.list(folder, { maxFiles: bounds.maxFiles, ...signalOf(context) });
  const files: SourceFile[] = [];
  for (const path of listed.filter((name) => policyFile.test(name))) {
    const bytes = await ports.files.read(joinPath(folder, path), {
      maxBytes: budget.bytesLeft,
      ...signalOf(context),
    });
    budget.add(1, bytes.length);
    files.push({ path, bytes });
  }
  return files;
}

function baseName(path: string): string {
  return path.split(/[/\\]/).pop() ?? path;
}

async function readSingleFile(path: string, context: FetchContext): Promise<SourceFile[]> {
  const { ports, bounds } = context;
  const budget = new SourceBudget(bounds, toSubject(path));
  const bytes = await ports.files.read(path, { maxBytes: bounds.maxBytes, ...signalOf(context) });
  const kind = classifyArchive(path, bytes);
  return kind === undefined ? [{ path: baseName(path), bytes }] : expandArchive(kind, bytes, toSubject(path), budget);
}

async function fetchFile(address: string, context: FetchContext): Promise<Fetched> {
  const checked = splitChecksum(address);
  const path = checked.address.replace(/^file:\/\//, "").replace(/^file::/, "");
  const kind = await context.ports.files.kindOf(path);
  if (kind === undefined) {
    throw new PolicyError(`${toSubject(address)}: there is no such file or folder`, {
      code: "source-unreadable",
      subject: toSubject(address),
    });
  }
  const read = await (kind === "directory" ? readFolder(path, context) : readSingleFile(path, context));
  const files = keepPolicyFiles(read);
  const checksum = hashTree(files);
  assertChecksum(checked, checksum);
  return { files, pinnedUrl: `file::${path}?checksum=sha256:${checksum}` };
}

async function fetchHttp(address: string, context: FetchContext): Promise<Fetched> {
  const checked = splitChecksum(address);
  const { ports, bounds } = context;
  const bytes = await ports.http.get(checked.address, { maxBytes: bounds.maxBytes, ...signalOf(context) });
  const checksum = hashBytes(bytes);
  assertChecksum(checked, checksum);
  const url = new URL(checked.address);
  const path = baseName(decodeURIComponent(url.pathname));
  const place = `${url.host}${url.pathname}`;
  return { files: keepPolicyFiles([{ path, bytes }]), pinnedUrl: `http::${place}?checksum=sha256:${checksum}` };
}

async function fetchGit(address: string, context: FetchContext): Promise<Fetched> {
  const source = parseGitSource(address);
  const { url, subdir, ref } = source;
  const request = { url, subdir, ...(ref === undefined ? {} : { ref }) };
  const tree = await context.ports.git.fetchTree(request, { bounds: context.bounds, ...signalOf(context) });
  return { files: keepPolicyFiles(tree.files), pinnedUrl: toPinnedGit(source, tree.commit) };
}

async function fetchOci(address: string, context: FetchContext): Promise<Fetched> {
  const port = context.ports.oci;
  const location = await port.resolve(toArtefactReference(address), signalOf(context));
  const subject = toSubject(address);
  const budget = new SourceBudget(context.bounds, subject);
  const files = await pullArtefact(location, { port, subject, budget, ...signalOf(context) });
  return { files: keepPolicyFiles(files), pinnedUrl: toPinnedArtefact(address, location.digest) };
}

/**
 * Fetches one address.
 *
 * @throws {PolicyError} `source-insecure`, `source-invalid`, `source-unreadable`, `source-unavailable`, `source-limit`,
 * `archive-invalid`
 */
export async function fetchSource(address: string, context: FetchContext): Promise<FetchedSource> {
  try {
    if (isInsecure(address)) {
      throw toInsecureFault(address);
    }
    const exists = (await context.ports.files.kindOf(splitChecksum(address).address)) !== undefined;
    const kind = classifySource(address, exists);
    switch (kind) {
      case "file":
        return { url: address, ...(await fetchFile(address, context)) };
      case "git":
        return { url: address, ...(await fetchGit(address, context)) };
      case "http":
        return { url: address, ...(await fetchHttp(address, context)) };
      case "oci":
        return { url: address, ...(await fetchOci(address, context)) };
      case undefined:
        throw new PolicyError(
          `${toSubject(address)}: this is neither a path that exists nor an address of a known form; ` +
            "begin it with oci::, git::, file:: or https://",
          { code: "source-invalid", subject: toSubject(address) },
        );
    }
  } catch (error) {
    context.signal?.throwIfAborted();
    throw toSourceFault(address, error);
  }
}
