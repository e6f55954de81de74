import { digestOf, putManifest, toImage } from "./running.ts";

/** What is known of a path: confirmed to be there or not, or anybody's guess after a request without an answer. */
export interface Known {
  state: "present" | "absent" | "unknown";
  /** What its bytes must have; undefined for a tag of which it is unknown where it points. */
  digest: string | undefined;
}

/** By the path of a blob, manifest or tag. */
export type Model = Map<string, Known>;

export function createModel(): Model {
  return new Map();
}

export interface LaneOptions {
  url: string;
  /** Each lane has its own, so that it knows what to expect; bytes are shared by all. */
  repository: string;
  model: Model;
  random: () => number;
  /** Called before and after each request. */
  step: () => void;
  /** Whether the registry was killed: requests may fail from then on. */
  isKilled: () => boolean;
}

/** Contents that all lanes push and delete: from nothing to some hundred kilobytes. */
const contents = Array.from({ length: 16 }, (_, position) =>
  Buffer.alloc(position ** 2 * 1500, `content ${position} `),
);

/** A client that pushes and deletes at random, and notes what was confirmed. */
export function createLane({ url, repository, model, random, step, isKilled }: LaneOptions) {
  const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;
  const toPath = (kind: "blobs" | "manifests", reference: string) => `/v2/${repository}/${kind}/${reference}`;

  async function request(path: string, init: RequestInit): Promise<Response> {
    step();
    try {
      const response = await fetch(`${url}${path}`, init);
      await response.clone().arrayBuffer();
      return response;
    } finally {
      step();
    }
  }

  /** Makes what `work` changes unknown until it is confirmed. */
  async function change(path: string, digest: string | undefined, work: () => Promise<Known["state"]>) {
    model.set(path, { state: "unknown", digest });
    model.set(path, { state: await work(), digest });
  }

  async function pushInOnePiece(bytes: Buffer, digest: string): Promise<number> {
    return (await request(`/v2/${repository}/blobs/uploads/?digest=${digest}`, { method: "POST", body: toBody(bytes) }))
      .status;
  }

  async function pushInChunks(bytes: Buffer, digest: string): Promise<number> {
    const begun = await request(`/v2/${repository}/blobs/uploads/`, { method: "POST" });
    const location = begun.headers.get("location") ?? "";
    const half = Math.floor(bytes.length / 2);
    await request(location, { method: "PATCH", body: toBody(bytes.subarray(0, half)) });
    const last = toBody(bytes.subarray(half));
    return (await request(`${location}?digest=${digest}`, { method: "PUT", body: last })).status;
  }

  async function pushBlob(bytes: Buffer): Promise<{ digest: string; size: number }> {
    const digest = digestOf(bytes);
    const path = toPath("blobs", digest);
    await change(path, digest, async () => {
      const status = await pick([pushInOnePiece, pushInChunks])(bytes, digest);
      if (status !== 201) throw new Error(`a push got ${status}`);
      return "present";
    });
    await assertPresent(path, digest);
    return { digest, size: bytes.length };
  }

  /** What was just confirmed must be there, whatever the other lanes delete. */
  async function assertPresent(path: string, digest: string): Promise<void> {
    const response = await request(path, { method: "GET" });
    const came = digestOf(Buffer.from(await response.arrayBuffer()));
    if (response.status !== 200 || came !== digest) throw new Error(`${path}: ${response.status} with ${came}`);
  }

  async function pushImage(): Promise<void> {
    const image = toImage(await pushBlob(pick(contents)), await pushBlob(pick(contents)));
    const digest = digestOf(image);
    const tag = `tag-${Math.floor(random() * 5)}`;
    await change(toPath("manifests", digest), digest, async () => {
      await change(toPath("manifests", tag), undefined, async () => {
        step();
        const { status } = await putManifest(url, repository, tag, image);
        step();
        if (status !== 201) throw new Error(`a manifest got ${status}`);
        return "present";
      });
      return "present";
    });
    model.set(toPath("manifests", tag), { state: "present", digest });
    await assertPresent(toPath("manifests", tag), digest);
  }

  async function remove(path: string, digest: string): Promise<void> {
    await change(path, digest, async () => {
      const { status } = await request(path, { method: "DELETE" });
      if (status !== 202 && status !== 404) throw new Error(`a deletion got ${status}`);
      return "absent";
    });
  }

  async function removeManifest(): Promise<void> {
    const mine = [...model].filter(
      ([path, { digest }]) => digest !== undefined && path === toPath("manifests", digest),
    );
    const [path, known] = mine.length === 0 ? [undefined, undefined] : pick(mine);
    if (path === undefined || known?.digest === undefined) return;
    const tags = [...model].filter(
      ([other, { digest }]) =>
        other.startsWith(toPath("manifests", "tag-")) && (digest === known.digest || digest === undefined),
    );
    for (const [tag] of tags) model.set(tag, { state: "unknown", digest: undefined });
    await remove(path, known.digest);
    for (const [tag, { state, digest }] of tags) {
      if (digest === known.digest && state !== "unknown") model.set(tag, { state: "absent", digest });
    }
  }

  return {
    /** One step of work. A registry that died on the way is no fault; a wrong answer is thrown. */
    async act(): Promise<void> {
      try {
        const choice = random();
        if (choice < 0.4) await pushBlob(pick(contents));
        else if (choice < 0.7) await pushImage();
        else if (choice < 0.9) await removeBlob();
        else await removeManifest();
      } catch (thrown) {
        // What fetch throws when a connection breaks, before or within the body.
        if (!(isKilled() && thrown instanceof TypeError)) throw thrown;
      }
    },
  };

  async function removeBlob(): Promise<void> {
    const digest = digestOf(pick(contents));
    await remove(toPath("blobs", digest), digest);
  }
}

function toBody(bytes: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
