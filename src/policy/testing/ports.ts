import { type Digest, isJsonObject, type JsonObject, StageError, toDigest } from "../../types/index.ts";
import { PolicyError } from "../errors.ts";
import type { OciArtefactPort, RegistryPort } from "../oci-port.ts";
import type { FilePort, GitPort, HttpPort, SourceFile, SourcePorts } from "../ports.ts";

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What a port throws. */
export class PortError extends StageError<"not-found" | "too-large" | "down"> {}

function notFound(what: string): PortError {
  return new PortError(`${what} is not there`, { code: "not-found" });
}

/** A fault that may pass. */
export function networkDown(): PortError {
  return new PortError("the network is down", { code: "down", retryable: true });
}

/** A disk of texts by path. Folders are those that have files. */
export function fakeDisk(files: Readonly<Record<string, string | Uint8Array>>): FilePort {
  const normal = (path: string) => path.replace(/^\.\//, "").replace(/\/$/, "");
  const find = (path: string) => {
    const found = files[path] ?? files[normal(path)];
    return typeof found === "string" ? bytesOf(found) : found;
  };
  const below = (path: string) => Object.keys(files).filter((name) => name.startsWith(`${normal(path)}/`));
  return {
    kindOf: async (path) => {
      if (find(path) !== undefined) {
        return "file";
      }
      return below(path).length > 0 ? "directory" : undefined;
    },
    read: async (path, { maxBytes }) => {
      const bytes = find(path);
      if (bytes === undefined) {
        throw notFound(path);
      }
      if (bytes.length > maxBytes) {
        throw new PortError(`${path} is too large`, { code: "too-large" });
      }
      return bytes;
    },
    list: async (path, { maxFiles }) => {
      const names = below(path).map((name) => name.slice(normal(path).length + 1));
      if (names.length > maxFiles) {
        throw new PortError(`${path} has too many files`, { code: "too-large" });
      }
      return names.sort();
    },
  };
}

export interface FakeCalls {
  calls: string[];
}

export function fakeGit(
  trees: Readonly<Record<string, readonly SourceFile[]>>,
  commit = "0123456789012345678901234567890123456789",
): GitPort & FakeCalls {
  const calls: string[] = [];
  return {
    calls,
    fetchTree: async ({ url, ref, subdir }) => {
      calls.push(`${url} ${ref ?? ""} ${subdir}`);
      const files = trees[url];
      if (files === undefined) {
        throw notFound(url);
      }
      const prefix = subdir === "" ? "" : `${subdir}/`;
      const chosen = files.filter(({ path }) => path.startsWith(prefix));
      return { commit, files: chosen.map(({ path, bytes }) => ({ path: path.slice(prefix.length), bytes })) };
    },
  };
}

export function fakeHttp(bodies: Readonly<Record<string, string>>): HttpPort & FakeCalls {
  const calls: string[] = [];
  return {
    calls,
    get: async (url) => {
      calls.push(url);
      const body = bodies[url];
      if (body === undefined) {
        throw notFound(url);
      }
      return bytesOf(body);
    },
  };
}

/** A registry in memory: manifests and blobs by digest, tags by `repository:tag`. */
export interface FakeRegistry extends RegistryPort, FakeCalls {
  addBlob(bytes: Uint8Array): { digest: Digest; size: number };
  addManifest(repository: string, tag: string | undefined, body: JsonObject): Digest;
  addReferrer(subject: Digest, descriptor: JsonObject): void;
  failWith(error: Error | undefined): void;
}

export function fakeRegistry(): FakeRegistry {
  const blobs = new Map<string, Uint8Array>();
  const tags = new Map<string, Digest>();
  const referrers = new Map<string, JsonObject[]>();
  const calls: string[] = [];
  let failure: Error | undefined;
  const note = (call: string) => {
    calls.push(call);
    if (failure !== undefined) {
      throw failure;
    }
  };
  const read = (digest: string) => {
    const bytes = blobs.get(digest);
    if (bytes === undefined) {
      throw notFound(digest);
    }
    return bytes;
  };
  const mediaTypeOf = (bytes: Uint8Array) => {
    const body: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isJsonObject(body) && typeof body.mediaType === "string" ? body.mediaType : "";
  };
  return {
    calls,
    failWith: (error) => {
      failure = error;
    },
    addBlob: (bytes) => {
      const digest = toDigest(bytes);
      blobs.set(digest, bytes);
      return { digest, size: bytes.length };
    },
    addManifest: (repository, tag, body) => {
      const bytes = bytesOf(JSON.stringify(body));
      const digest = toDigest(bytes);
      blobs.set(digest, bytes);
      if (tag !== undefined) {
        tags.set(`${repository}:${tag}`, digest);
      }
      return digest;
    },
    addReferrer: (subject, descriptor) => {
      referrers.set(subject, [...(referrers.get(subject) ?? []), descriptor]);
    },
    resolve: async (reference) => {
      note(`resolve ${reference}`);
      const [name = "", digest] = reference.split("@");
      const colon = name.lastIndexOf(":");
      const hasTag = colon > name.lastIndexOf("/");
      const repository = hasTag ? name.slice(0, colon) : name;
      if (!/^[a-z0-9./:_-]+$/.test(repository)) {
        throw new PortError(`${reference} is no reference`, { code: "not-found" });
      }
      const found = digest ?? tags.get(`${repository}:${hasTag ? name.slice(colon + 1) : "latest"}`);
      if (found === undefined) {
        throw notFound(reference);
      }
      return { repository, digest: found as Digest };
    },
    head: async ({ digest }) => {
      note(`head ${digest}`);
      const bytes = read(digest);
      return { mediaType: mediaTypeOf(bytes), digest, size: bytes.length };
    },
    manifest: async ({ digest }) => {
      note(`manifest ${digest}`);
      const bytes = read(digest);
      return { mediaType: mediaTypeOf(bytes), digest, bytes };
    },
    blob: async ({ digest }, { maxBytes }) => {
      note(`blob ${digest}`);
      const bytes = read(digest);
      if (bytes.length > maxBytes) {
        throw new PortError(`${digest} is too large`, { code: "too-large" });
      }
      return (async function* stream() {
        yield bytes;
      })();
    },
    blobFiles: async ({ digest }, paths) => {
      note(`blobFiles ${digest} ${paths.join(",")}`);
      read(digest);
      return Object.fromEntries(paths.map((path) => [path, { from: path }]));
    },
    imageFiles: async ({ digest }, directories) => {
      note(`imageFiles ${digest} ${directories.join(",")}`);
      read(digest);
      return Object.fromEntries(directories.map((path) => [`${path}/a.yaml`, { from: path }]));
    },
    hasTag: async (repository, tag) => {
      note(`hasTag ${repository}:${tag}`);
      return tags.has(`${repository}:${tag}`);
    },
    referrers: async ({ digest }) => {
      note(`referrers ${digest}`);
      return (referrers.get(digest) ?? []) as never;
    },
  };
}

/** Ports of which only those given do something. */
export function fakePorts(parts: Partial<SourcePorts> = {}): SourcePorts {
  const oci: OciArtefactPort = fakeRegistry();
  return { files: fakeDisk({}), git: fakeGit({}), http: fakeHttp({}), oci, ...parts };
}

/** The class and code of what a call throws: `usage:config-invalid`; `none` where it does not. */
export async function faultOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    return error instanceof PolicyError ? `${error.outcome}:${error.code}` : `other:${String(error)}`;
  }
  return "none";
}

/** The message of what a call throws. */
export async function messageOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "";
}
