import { createHash } from "node:crypto";
import { pick, type Random } from "./extent.ts";

export const repositories = ["team/one", "team/two", "three"] as const;

/** Contents that all clients push: from nothing to a third of a megabyte. */
export const contents = Array.from({ length: 12 }, (_, number) =>
  Buffer.alloc(number ** 2 * 2500, createHash("sha512").update(`content ${number}`).digest()),
);

/** Beginnings of uploads whose end never came: the registry was killed. */
export interface OpenUpload {
  location: string;
  bytes: Buffer;
}

export interface ClientOptions {
  url: string;
  random: Random;
  /** Called around each request. */
  step(): void;
  /** Whether the registry was killed: requests fail from then on. */
  isKilled(): boolean;
  open: OpenUpload[];
  /** What it did and got, such as `mount 201`. */
  done: Set<string>;
}

export const imageType = "application/vnd.oci.image.manifest.v1+json";
export const indexType = "application/vnd.oci.image.index.v1+json";

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

const toDescriptor = (mediaType: string, bytes: Uint8Array) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
});

/** Pushes, mounts, deletes and reads at random, in repositories that it shares with others. */
export function createClient({ url, random, step, isKilled, open, done }: ClientOptions) {
  const any = <Value>(values: readonly Value[]): Value => values[pick(random, values.length)] as Value;

  async function request(path: string, init: RequestInit & { as: string }): Promise<Response> {
    step();
    try {
      const response = await fetch(new URL(path, url), init);
      await response.clone().arrayBuffer();
      done.add(`${init.as} ${response.status}`);
      if (response.status >= 500 && response.status !== 503) throw new Error(`${init.as}: ${response.status}`);
      return response;
    } finally {
      step();
    }
  }

  /** Sends the rest of an upload in chunks of all sizes, and ends, cancels or leaves it. */
  async function finishUpload({ location, bytes }: OpenUpload, sent: number): Promise<void> {
    let position = sent;
    for (let chunks = pick(random, 4); chunks > 0 && position < bytes.length; chunks -= 1) {
      const end = position + 1 + pick(random, bytes.length - position);
      const headers = { "content-range": `${position}-${end - 1}` };
      const body = new Uint8Array(bytes.subarray(position, end));
      const { status } = await request(location, { as: "chunk", method: "PATCH", body, headers });
      if (status !== 202) return;
      position = end;
    }
    const way = pick(random, 8);
    if (way === 0) await request(location, { as: "cancel", method: "DELETE" });
    if (way < 2) return;
    const body = new Uint8Array(bytes.subarray(position));
    const { status } = await request(`${location}?digest=${digestOf(bytes)}`, { as: "commit", method: "PUT", body });
    if (status !== 201) throw new Error(`an upload of ${bytes.length} bytes, ${position} before, ended with ${status}`);
  }

  async function push(repository: string, bytes: Buffer): Promise<void> {
    const begun = await request(`/v2/${repository}/blobs/uploads/`, { as: "begin", method: "POST" });
    const upload = { location: begun.headers.get("location") ?? "", bytes };
    await finishUpload(upload, 0).catch((thrown: unknown) => {
      open.push(upload);
      throw thrown;
    });
  }

  /** Goes on with an upload that was under way when the registry was killed. */
  async function goOn(upload: OpenUpload): Promise<void> {
    const state = await request(upload.location, { as: "ask", method: "GET" });
    const last = Number(/^0-(\d+)$/.exec(state.headers.get("range") ?? "")?.[1] ?? 0);
    // Whether one byte came or none, the header does not tell: then all is too little.
    if (state.status === 204 && last > 0) await finishUpload(upload, last + 1);
  }

  async function mount(repository: string): Promise<void> {
    const query = `mount=${digestOf(any(contents))}&from=${any(repositories)}`;
    const answer = await request(`/v2/${repository}/blobs/uploads/?${query}`, { as: "mount", method: "POST" });
    if (answer.status === 202) await request(answer.headers.get("location") ?? "", { as: "cancel", method: "DELETE" });
  }

  async function putManifest(
    repository: string,
    manifest: { mediaType: string; [field: string]: unknown },
  ): Promise<Buffer> {
    const bytes = Buffer.from(JSON.stringify(manifest));
    const reference = pick(random, 2) === 0 ? digestOf(bytes) : `tag-${pick(random, 3)}`;
    const headers = { "content-type": manifest.mediaType };
    const body = new Uint8Array(bytes);
    await request(`/v2/${repository}/manifests/${reference}`, { as: "manifest", method: "PUT", body, headers });
    return bytes;
  }

  async function pushImage(repository: string): Promise<Buffer> {
    const blobs = [any(contents), any(contents)] as const;
    for (const blob of blobs) await push(repository, blob);
    return putManifest(repository, {
      schemaVersion: 2,
      mediaType: imageType,
      artifactType: "application/x-torture",
      config: toDescriptor("application/vnd.oci.image.config.v1+json", blobs[0]),
      layers: [toDescriptor("application/vnd.oci.image.layer.v1.tar", blobs[1])],
      ...(pick(random, 2) === 0 ? { subject: toDescriptor(imageType, any(contents)) } : {}),
    });
  }

  async function pushIndex(repository: string): Promise<void> {
    const images = [await pushImage(repository), await pushImage(repository)];
    const manifests = images.map((image) => toDescriptor(imageType, image));
    await putManifest(repository, { schemaVersion: 2, mediaType: indexType, manifests });
  }

  async function removeManifest(repository: string): Promise<void> {
    const reference = `tag-${pick(random, 3)}`;
    const path = `/v2/${repository}/manifests/`;
    if (pick(random, 2) === 0) return void (await request(`${path}${reference}`, { as: "untag", method: "DELETE" }));
    const found = await request(`${path}${reference}`, { as: "read", method: "GET" });
    const digest = found.headers.get("docker-content-digest");
    if (digest !== null) await request(`${path}${digest}`, { as: "remove", method: "DELETE" });
  }

  async function act(): Promise<void> {
    const repository = any(repositories);
    const choice = pick(random, 20);
    const upload = choice < 10 ? open.shift() : undefined;
    if (upload !== undefined) await goOn(upload);
    else if (choice < 6) await push(repository, any(contents));
    else if (choice < 9) await mount(repository);
    else if (choice < 12) await pushImage(repository);
    else if (choice < 14) await pushIndex(repository);
    else if (choice < 17) await removeManifest(repository);
    else {
      const path = `/v2/${repository}/blobs/${digestOf(any(contents))}`;
      await request(path, { as: "remove blob", method: choice === 17 ? "GET" : "DELETE" });
    }
  }

  return {
    /** One step of work. A registry that dies on the way is no fault; a wrong answer is thrown. */
    async act(): Promise<void> {
      try {
        await act();
      } catch (thrown) {
        // What fetch throws when a connection breaks, before or within the body.
        if (!(isKilled() && thrown instanceof TypeError)) throw thrown;
      }
    },
  };
}
