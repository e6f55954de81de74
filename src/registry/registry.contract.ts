// What every store must do, seen through the registry: run by the tests of both stores.
import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { RegistryOptions, RunningRegistry } from "./options.ts";
import { startRegistry } from "./server.ts";
import type { RegistryStore } from "./store.ts";

export const manifestType = "application/vnd.oci.image.manifest.v1+json";
export const indexType = "application/vnd.oci.image.index.v1+json";

export function digestOf(text: string | Uint8Array): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

export function sha512Of(text: string | Uint8Array): string {
  return `sha512:${createHash("sha512").update(text).digest("hex")}`;
}

export function createOpener(createStore: () => RegistryStore | Promise<RegistryStore>) {
  const open: RunningRegistry[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((registry) => registry.close()));
  });
  return async (options: RegistryOptions = {}) => {
    const registry = await startRegistry({ store: await createStore(), ...options });
    open.push(registry);
    return registry;
  };
}

export async function pushBlob(registry: RunningRegistry, repository: string, content: string): Promise<string> {
  const digest = digestOf(content);
  const url = `${registry.url}/v2/${repository}/blobs/uploads/?digest=${digest}`;
  const response = await fetch(url, { method: "POST", body: content });
  expect(response.status).toBe(201);
  return digest;
}

export async function putManifest(
  registry: RunningRegistry,
  repository: string,
  reference: string,
  manifest: object | string,
  type: string | undefined = manifestType,
): Promise<Response> {
  const body = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
  return await fetch(`${registry.url}/v2/${repository}/manifests/${reference}`, {
    method: "PUT",
    body: Buffer.from(body),
    ...(type === undefined ? {} : { headers: { "content-type": type } }),
  });
}

export async function createManifest(registry: RunningRegistry, repository: string, more: object = {}) {
  const config = await pushBlob(registry, repository, "{}");
  const layer = await pushBlob(registry, repository, "layer");
  return {
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: config, size: 2 },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: layer, size: 5 }],
    ...more,
  };
}

/** The codes of an error body. */
export async function readCodes(response: Response): Promise<string[]> {
  const body = (await response.json()) as { errors: { code: string; message: string }[] };
  for (const { message } of body.errors) expect(message).toMatch(/^\S.*\S$/);
  return body.errors.map(({ code }) => code);
}

export function describeRegistry(createStore: () => RegistryStore | Promise<RegistryStore>): void {
  const open = createOpener(createStore);

  describe("manifests", () => {
    it("come back byte for byte, by tag and digest, with their type", async () => {
      const registry = await open();
      const text = `${JSON.stringify(await createManifest(registry, "team/app"), undefined, 3)}\n`;
      const pushed = await putManifest(registry, "team/app", "v1", text);
      expect([pushed.status, pushed.headers.get("docker-content-digest")]).toEqual([201, digestOf(text)]);
      expect(pushed.headers.get("location")).toBe(`/v2/team/app/manifests/${digestOf(text)}`);
      for (const reference of ["v1", digestOf(text)]) {
        const url = `${registry.url}/v2/team/app/manifests/${reference}`;
        const got = await fetch(url);
        expect([got.status, got.headers.get("content-type"), await got.text()]).toEqual([200, manifestType, text]);
        const head = await fetch(url, { method: "HEAD" });
        expect(head.headers.get("docker-content-digest")).toBe(digestOf(text));
        expect([head.headers.get("content-length"), await head.text()]).toEqual([String(text.length), ""]);
      }
    });

    it("keep an index' and a Docker manifest's type", async () => {
      const registry = await open();
      const docker = "application/vnd.docker.distribution.manifest.v2+json";
      const manifest = { ...(await createManifest(registry, "app")), mediaType: docker };
      expect((await putManifest(registry, "app", "docker", manifest, docker)).status).toBe(201);
      const child = { mediaType: docker, digest: digestOf(JSON.stringify(manifest)), size: 9 };
      expect(
        (await putManifest(registry, "app", "index", { schemaVersion: 2, manifests: [child] }, indexType)).status,
      ).toBe(201);
      const types = ["docker", "index"].map(async (tag) =>
        (await fetch(`${registry.url}/v2/app/manifests/${tag}`)).headers.get("content-type"),
      );
      expect(await Promise.all(types)).toEqual([docker, indexType]);
    });

    it("move with their tag, and stay to be had by digest", async () => {
      const registry = await open();
      const first = await createManifest(registry, "app", { annotations: { n: "1" } });
      const second = await createManifest(registry, "app", { annotations: { n: "2" } });
      await putManifest(registry, "app", "latest", first);
      await putManifest(registry, "app", "latest", second);
      expect(await (await fetch(`${registry.url}/v2/app/manifests/latest`)).json()).toEqual(second);
      const old = await fetch(`${registry.url}/v2/app/manifests/${digestOf(JSON.stringify(first))}`);
      expect(await old.json()).toEqual(first);
    });

    it("are deleted by tag alone, or by digest with every tag and their link to the subject", async () => {
      const registry = await open();
      const subject = { mediaType: manifestType, digest: digestOf("subject"), size: 7 };
      const manifest = await createManifest(registry, "app", { subject });
      for (const tag of ["a", "b", "c"]) await putManifest(registry, "app", tag, manifest);
      const status = async (method: string, reference: string) =>
        (await fetch(`${registry.url}/v2/app/manifests/${reference}`, { method })).status;
      const digest = digestOf(JSON.stringify(manifest));
      expect([await status("DELETE", "a"), await status("GET", "a"), await status("GET", "b")]).toEqual([
        202, 404, 200,
      ]);
      expect([await status("DELETE", digest), await status("GET", "b"), await status("GET", digest)]).toEqual([
        202, 404, 404,
      ]);
      expect([await status("DELETE", digest), await status("DELETE", "c")]).toEqual([404, 404]);
      const referrers = await fetch(`${registry.url}/v2/app/referrers/${subject.digest}`);
      expect(await referrers.json()).toMatchObject({ manifests: [] });
    });
  });

  describe("blobs", () => {
    it("are read whole, by HEAD and in ranges", async () => {
      const registry = await open();
      const digest = await pushBlob(registry, "app", "0123456789");
      const url = `${registry.url}/v2/app/blobs/${digest}`;
      const head = await fetch(url, { method: "HEAD" });
      expect([head.status, head.headers.get("content-length")]).toEqual([200, "10"]);
      const read = async (range: string) => {
        const response = await fetch(url, { headers: { range } });
        return [response.status, await response.text(), response.headers.get("content-range")];
      };
      expect(await read("bytes=2-4")).toEqual([206, "234", "bytes 2-4/10"]);
      expect(await read("bytes=7-")).toEqual([206, "789", "bytes 7-9/10"]);
      expect(await read("bytes=-3")).toEqual([206, "789", "bytes 7-9/10"]);
      expect(await read("bytes=8-99")).toEqual([206, "89", "bytes 8-9/10"]);
      expect((await read("bytes=10-"))[0]).toBe(416);
      expect((await read("bytes=5-3"))[0]).toBe(416);
      expect((await read("bytes=-0"))[0]).toBe(416);
      expect((await read("bytes=-99"))[1]).toBe("0123456789");
      expect(await read("bytes=0-1,4-5")).toEqual([200, "0123456789", null]);
      expect(await read("lines=1-2")).toEqual([200, "0123456789", null]);
    });

    it("may be empty", async () => {
      const registry = await open();
      const digest = await pushBlob(registry, "app", "");
      const response = await fetch(`${registry.url}/v2/app/blobs/${digest}`);
      expect([response.status, await response.text()]).toEqual([200, ""]);
    });

    it("belong to their repository, and are mounted into another", async () => {
      const registry = await open();
      const digest = await pushBlob(registry, "team/one", "shared");
      const read = async (repository: string) =>
        (await fetch(`${registry.url}/v2/${repository}/blobs/${digest}`)).status;
      const mount = (from: string) =>
        fetch(`${registry.url}/v2/team/two/blobs/uploads/?mount=${digest}&from=${from}`, { method: "POST" });
      expect(await read("team/two")).toBe(404);
      expect((await mount("team/three")).status).toBe(202);
      const mounted = await mount("team/one");
      expect([mounted.status, mounted.headers.get("location")]).toEqual([201, `/v2/team/two/blobs/${digest}`]);
      const removed = await fetch(`${registry.url}/v2/team/one/blobs/${digest}`, { method: "DELETE" });
      expect([removed.status, await read("team/one"), await read("team/two")]).toEqual([202, 404, 200]);
    });
  });

  describe("uploads", () => {
    const begin = async (registry: RunningRegistry) => {
      const response = await fetch(`${registry.url}/v2/app/blobs/uploads/`, { method: "POST" });
      expect(response.status).toBe(202);
      return `${registry.url}${response.headers.get("location")}`;
    };

    it("take one body with POST and PUT", async () => {
      const registry = await open();
      const put = await fetch(`${await begin(registry)}?digest=${digestOf("hello")}`, { method: "PUT", body: "hello" });
      expect([put.status, put.headers.get("location")]).toEqual([201, `/v2/app/blobs/${digestOf("hello")}`]);
      expect(await (await fetch(`${registry.url}${put.headers.get("location")}`)).text()).toBe("hello");
    });

    it("take chunks in their order only, and say how far they are", async () => {
      const registry = await open();
      const url = await begin(registry);
      const patch = async (range: string, body: string) => {
        const response = await fetch(url, { method: "PATCH", body, headers: { "content-range": range } });
        return [response.status, response.headers.get("range")];
      };
      expect(await patch("0-2", "abc")).toEqual([202, "0-2"]);
      expect(await patch("4-5", "xx")).toEqual([416, "0-2"]);
      expect(await patch("3-9", "short")).toEqual([416, "0-2"]);
      expect(await patch("3-5", "def")).toEqual([202, "0-5"]);
      const status = await fetch(url);
      expect([status.status, status.headers.get("range")]).toEqual([204, "0-5"]);
      const put = await fetch(`${url}?digest=${digestOf("abcdefghi")}`, { method: "PUT", body: "ghi" });
      expect(put.status).toBe(201);
      expect((await fetch(url)).status).toBe(404);
    });

    it("take a stream of unknown length", async () => {
      const registry = await open();
      const url = await begin(registry);
      const pieces = (async function* () {
        for (let count = 0; count < 50; count += 1) yield Buffer.alloc(10_000, count);
      })();
      const init: RequestInit = { method: "PATCH", body: ReadableStream.from(pieces), duplex: "half" };
      expect((await fetch(url, init)).headers.get("range")).toBe("0-499999");
    });

    it("are dropped when cancelled, and when their bytes have another digest", async () => {
      const registry = await open();
      const cancelled = await begin(registry);
      expect((await fetch(cancelled, { method: "DELETE" })).status).toBe(204);
      expect((await fetch(cancelled)).status).toBe(404);
      const wrong = await begin(registry);
      const put = await fetch(`${wrong}?digest=${digestOf("other")}`, { method: "PUT", body: "hello" });
      expect([put.status, await readCodes(put)]).toEqual([400, ["DIGEST_INVALID"]]);
      expect((await fetch(wrong)).status).toBe(404);
    });

    it("belong to one repository", async () => {
      const registry = await open();
      const url = (await begin(registry)).replace("/v2/app/", "/v2/other/");
      expect(await readCodes(await fetch(url))).toEqual(["BLOB_UPLOAD_UNKNOWN"]);
    });

    it("take one request at a time", async () => {
      const registry = await open();
      const url = await begin(registry);
      let release = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const pieces = (async function* () {
        yield Buffer.from("abcd");
        await gate;
        yield Buffer.from("ef");
      })();
      const slow = fetch(url, { method: "PATCH", body: ReadableStream.from(pieces), duplex: "half" });
      await expect.poll(async () => (await fetch(url)).headers.get("range"), { timeout: 20_000 }).toBe("0-3");
      const other = await fetch(url, { method: "PATCH", body: "x" });
      expect([other.status, await readCodes(other)]).toEqual([409, ["BLOB_UPLOAD_INVALID"]]);
      const cancel = await fetch(url, { method: "DELETE" });
      expect([cancel.status, await readCodes(cancel)]).toEqual([409, ["BLOB_UPLOAD_INVALID"]]);
      release();
      expect((await slow).headers.get("range")).toBe("0-5");
      expect((await fetch(`${url}?digest=${digestOf("abcdef")}`, { method: "PUT" })).status).toBe(201);
    });

    it("run in parallel, also of the same bytes", async () => {
      const registry = await open();
      const contents = Array.from({ length: 40 }, (_, position) => `content ${position % 10}`.repeat(1000));
      const digests = await Promise.all(contents.map((content) => pushBlob(registry, "app", content)));
      const read = await Promise.all(
        digests.map(async (digest) => await (await fetch(`${registry.url}/v2/app/blobs/${digest}`)).text()),
      );
      expect(read).toEqual(contents);
    });

    it("in one request that fails leave nothing that takes up room", async () => {
      const registry = await open({ maxBlobBytes: 5, maxUploads: 2 });
      for (const content of ["123456", "1234567", "12345678"]) {
        const url = `${registry.url}/v2/app/blobs/uploads/?digest=${digestOf(content)}`;
        const response = await fetch(url, { method: "POST", body: content });
        expect([response.status, await readCodes(response)]).toEqual([413, ["SIZE_INVALID"]]);
      }
      await pushBlob(registry, "app", "12345");
    });

    it("over a limit of size or number are refused", async () => {
      const registry = await open({ maxBlobBytes: 5, maxUploads: 2 });
      const first = await begin(registry);
      expect(await readCodes(await fetch(first, { method: "PATCH", body: "123456" }))).toEqual(["SIZE_INVALID"]);
      expect((await fetch(first)).headers.get("range")).toBe("0-0");
      await begin(registry);
      const third = await fetch(`${registry.url}/v2/app/blobs/uploads/`, { method: "POST" });
      expect([third.status, await readCodes(third)]).toEqual([429, ["TOOMANYREQUESTS"]]);
    });
  });

  describe("SHA-512", () => {
    it("names blobs and manifests as well, and refuses other bytes", async () => {
      const registry = await open();
      const push = async (digest: string) =>
        await fetch(`${registry.url}/v2/app/blobs/uploads/?digest=${digest}`, { method: "POST", body: "layer" });
      const digest = sha512Of("layer");
      const pushed = await push(digest);
      expect([pushed.status, pushed.headers.get("docker-content-digest")]).toEqual([201, digest]);
      expect(await readCodes(await push(sha512Of("other")))).toEqual(["DIGEST_INVALID"]);
      const blob = await fetch(`${registry.url}/v2/app/blobs/${digest}`);
      expect(await blob.text()).toBe("layer");
      const bySha256 = await fetch(`${registry.url}/v2/app/blobs/${digestOf("layer")}`);
      expect(bySha256.status).toBe(404);

      const config = { mediaType: "application/x", digest, size: 5 };
      const text = JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config, layers: [] });
      expect((await putManifest(registry, "app", sha512Of(text), text)).status).toBe(201);
      const manifest = await fetch(`${registry.url}/v2/app/manifests/${sha512Of(text)}`);
      expect([await manifest.text(), manifest.headers.get("docker-content-digest")]).toEqual([text, sha512Of(text)]);
      expect(await readCodes(await putManifest(registry, "app", sha512Of("other"), text))).toEqual(["DIGEST_INVALID"]);
    });

    it("names subjects and what refers to them", async () => {
      const registry = await open();
      const subject = { mediaType: manifestType, digest: sha512Of("subject"), size: 7 };
      const text = JSON.stringify(await createManifest(registry, "app", { subject, artifactType: "application/x" }));
      await putManifest(registry, "app", sha512Of(text), text);
      const url = `${registry.url}/v2/app/referrers/${subject.digest}`;
      expect(await (await fetch(url)).json()).toMatchObject({ manifests: [{ digest: sha512Of(text) }] });
      await fetch(`${registry.url}/v2/app/manifests/${sha512Of(text)}`, { method: "DELETE" });
      expect(await (await fetch(url)).json()).toMatchObject({ manifests: [] });
    });
  });

  describe("a manifest pushed by digest", () => {
    it("gets the tags of the query", async () => {
      const registry = await open();
      const manifest = await createManifest(registry, "app");
      const digest = digestOf(JSON.stringify(manifest));
      const pushed = await putManifest(registry, "app", `${digest}?tag=1.2&tag=1&tag=1.2`, manifest);
      expect([pushed.status, pushed.headers.get("oci-tag")]).toEqual([201, "1.2, 1"]);
      for (const tag of ["1", "1.2"]) {
        const got = await fetch(`${registry.url}/v2/app/manifests/${tag}`);
        expect(got.headers.get("docker-content-digest")).toBe(digest);
      }
    });

    it("is refused with a bad tag, or with too many, and sets none", async () => {
      const registry = await open();
      const manifest = await createManifest(registry, "app");
      const digest = digestOf(JSON.stringify(manifest));
      const toQuery = (count: number) => Array.from({ length: count }, (_, n) => `tag=t${n}`).join("&");
      const push = async (query: string) => (await putManifest(registry, "app", `${digest}?${query}`, manifest)).status;
      expect([await push("tag=good&tag=.bad"), await push(toQuery(51))]).toEqual([400, 414]);
      expect(await (await fetch(`${registry.url}/v2/app/tags/list`)).json()).toEqual({ name: "app", tags: [] });
      expect(await push(toQuery(50))).toBe(201);
    });
  });

  it("mounts a blob without naming a repository, from whichever holds it", async () => {
    const registry = await open();
    const digest = await pushBlob(registry, "team/one", "layer");
    const mount = async (wanted: string) =>
      (await fetch(`${registry.url}/v2/team/two/blobs/uploads/?mount=${wanted}`, { method: "POST" })).status;
    expect([await mount(digest), await mount(digestOf("nowhere"))]).toEqual([201, 202]);
    expect(await (await fetch(`${registry.url}/v2/team/two/blobs/${digest}`)).text()).toBe("layer");
  });

  it("drops old uploads when new ones begin, long before all places are taken", async () => {
    let nowMs = Date.now();
    const registry = await open({ uploadLifetimeMs: 48 * 60_000, now: () => nowMs });
    const begin = async () =>
      (await fetch(`${registry.url}/v2/app/blobs/uploads/`, { method: "POST" })).headers.get("location");
    const see = async (location: string | null) => (await fetch(`${registry.url}${location}`)).status;
    const first = await begin();
    nowMs += 47 * 60_000;
    await begin();
    expect(await see(first)).toBe(204);
    nowMs += 2 * 60_000;
    await begin();
    expect(await see(first)).toBe(404);
  });

  it("lets no more uploads begin than its limit, also when many do at once", async () => {
    const registry = await open({ maxUploads: 5 });
    const begin = () => fetch(`${registry.url}/v2/app/blobs/uploads/`, { method: "POST" });
    const statuses = (await Promise.all(Array.from({ length: 40 }, begin))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 202).length).toBe(5);
    expect(statuses.filter((status) => status === 429).length).toBe(35);
  });

  it("drops old uploads for new ones, never young ones", async () => {
    let nowMs = Date.now();
    const registry = await open({ maxUploads: 1, uploadLifetimeMs: 60_000, now: () => nowMs });
    const begin = () => fetch(`${registry.url}/v2/app/blobs/uploads/`, { method: "POST" });
    const first = (await begin()).headers.get("location");
    nowMs += 30_000;
    expect((await begin()).status).toBe(429);
    nowMs += 60_000;
    expect((await begin()).status).toBe(202);
    expect((await fetch(`${registry.url}${first}`)).status).toBe(404);
  });

  it("keeps what is deleted in one repository and pushed to another at the same time", async () => {
    const registry = await open();
    const head = async (repository: string, digest: string) =>
      (await fetch(`${registry.url}/v2/${repository}/blobs/${digest}`, { method: "HEAD" })).status;
    for (let round = 0; round < 30; round += 1) {
      const digest = await pushBlob(registry, "one", "shared");
      const remove = () => fetch(`${registry.url}/v2/one/blobs/${digest}`, { method: "DELETE" });
      const push = async () => await head("two", await pushBlob(registry, "two", "shared"));
      expect((await Promise.all([remove(), push()]))[1]).toBe(200);
      expect([await head("one", digest), await head("two", digest)]).toEqual([404, 200]);
      await fetch(`${registry.url}/v2/two/blobs/${digest}`, { method: "DELETE" });
    }
  });

  it("keeps a manifest with its tag and its place among the referrers, or none of them, when it is pushed and deleted at once", async () => {
    const registry = await open();
    const subject = { mediaType: manifestType, digest: digestOf("subject"), size: 7 };
    const manifest = await createManifest(registry, "app", { subject });
    const url = `${registry.url}/v2/app/manifests/${digestOf(JSON.stringify(manifest))}`;
    for (let round = 0; round < 40; round += 1) {
      await putManifest(registry, "app", "other", manifest);
      await Promise.all([fetch(url, { method: "DELETE" }), putManifest(registry, "app", "v1", manifest)]);
      const { tags } = (await (await fetch(`${registry.url}/v2/app/tags/list`)).json()) as { tags: string[] };
      const referrers = await fetch(`${registry.url}/v2/app/referrers/${subject.digest}`);
      const { manifests } = (await referrers.json()) as { manifests: unknown[] };
      const { status } = await fetch(url, { method: "HEAD" });
      const expected = status === 200 ? [200, true, 1] : [404, false, 0];
      expect([round, status, tags.includes("v1"), manifests.length]).toEqual([round, ...expected]);
    }
  });

  describe("conditional requests", () => {
    const other = `"${digestOf("other")}"`;

    it("read a manifest or a blob only where it changed", async () => {
      const registry = await open();
      const manifest = await createManifest(registry, "app");
      await putManifest(registry, "app", "v1", manifest);
      const layer = manifest.layers[0]?.digest ?? "";
      const paths = { [digestOf(JSON.stringify(manifest))]: "manifests/v1", [layer]: `blobs/${layer}` };
      for (const [digest, path] of Object.entries(paths)) {
        const url = `${registry.url}/v2/app/${path}`;
        const see = async (name: string, value: string, method = "GET") => {
          const response = await fetch(url, { method, headers: { [name]: value } });
          return [response.status, response.headers.get("etag"), (await response.text()).length > 0];
        };
        const etag = `"${digest}"`;
        for (const value of [etag, `W/${etag}`, `${other}, ${etag}`, "*", digest]) {
          expect(await see("if-none-match", value), value).toEqual([304, etag, false]);
          expect(await see("if-none-match", value, "HEAD"), value).toEqual([304, etag, false]);
        }
        expect(await see("if-none-match", other)).toEqual([200, etag, true]);
        expect(await see("if-match", `${other}, ${etag}`)).toEqual([200, etag, true]);
        expect((await see("if-match", other))[0]).toBe(412);
        expect((await see("if-match", `W/${etag}`))[0]).toBe(412);
      }
    });

    it("read a range only of what the client has already", async () => {
      const registry = await open();
      const digest = await pushBlob(registry, "app", "0123456789");
      const see = async (ifRange: string) => {
        const headers = { range: "bytes=2-4", "if-range": ifRange };
        const response = await fetch(`${registry.url}/v2/app/blobs/${digest}`, { headers });
        return [response.status, await response.text()];
      };
      expect(await see(`"${digest}"`)).toEqual([206, "234"]);
      for (const value of [other, `W/"${digest}"`, "Wed, 21 Oct 2026 07:28:00 GMT"]) {
        expect(await see(value), value).toEqual([200, "0123456789"]);
      }
    });

    it("change a tag only from what the client saw: nothing that others wrote is lost", async () => {
      const registry = await open();
      const manifests = await Promise.all(
        ["0", "1", "2"].map((note) => createManifest(registry, "app", { annotations: { note } })),
      );
      const etags = manifests.map((manifest) => `"${digestOf(JSON.stringify(manifest))}"`);
      const change = async (method: string, position: number, headers: Record<string, string>) => {
        const body = method === "PUT" ? { body: JSON.stringify(manifests[position]) } : {};
        const response = await fetch(`${registry.url}/v2/app/manifests/v1`, {
          method,
          ...body,
          headers: { "content-type": manifestType, ...headers },
        });
        return [response.status, ...(response.status === 412 ? await readCodes(response) : [])];
      };
      const refused = [412, "PRECONDITION_FAILED"];
      expect(await change("PUT", 0, { "if-match": "*" })).toEqual(refused);
      expect(await change("PUT", 0, { "if-none-match": "*" })).toEqual([201]);
      expect(await change("PUT", 1, { "if-none-match": "*" })).toEqual(refused);
      expect(await change("PUT", 1, { "if-match": etags[2] ?? "" })).toEqual(refused);
      const races = await Promise.all(
        [1, 2].map((position) => change("PUT", position, { "if-match": etags[0] ?? "" })),
      );
      expect(races.map(([status]) => status).sort()).toEqual([201, 412]);
      expect(await change("DELETE", 0, { "if-match": etags[0] ?? "" })).toEqual(refused);
      expect(await change("DELETE", 0, { "if-match": "*" })).toEqual([202]);
    });
  });

  it("lists referrers in pages that are no larger than a manifest may be", async () => {
    const registry = await open({ maxManifestBytes: 4000 });
    const subject = { mediaType: manifestType, digest: digestOf("subject"), size: 7 };
    const notes = ["a", "b", "c", "d", "e"].map((letter) => letter.repeat(1500));
    for (const note of notes) {
      const manifest = await createManifest(registry, "app", { annotations: { note }, subject });
      expect((await putManifest(registry, "app", digestOf(JSON.stringify(manifest)), manifest)).status).toBe(201);
    }
    const found: string[] = [];
    let path: string | undefined = `/v2/app/referrers/${subject.digest}`;
    for (let page = 0; path !== undefined && page < 10; page += 1) {
      const response: Response = await fetch(`${registry.url}${path}`);
      const text = await response.text();
      expect(text.length).toBeLessThanOrEqual(4000);
      const { manifests } = JSON.parse(text) as { manifests: { annotations: { note: string } }[] };
      found.push(...manifests.map(({ annotations }) => annotations.note));
      path = /<(.*)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
    }
    expect(found.sort()).toEqual(notes);
  });

  it("lists tags sorted, in pages", async () => {
    const registry = await open();
    const manifest = await createManifest(registry, "app");
    for (const tag of ["b", "a", "c", "B", "a_1", "a.0"]) await putManifest(registry, "app", tag, manifest);
    const list = async (query: string) => {
      const response = await fetch(`${registry.url}/v2/app/tags/list${query}`);
      const { tags } = (await response.json()) as { tags: string[] };
      return { tags, link: response.headers.get("link") };
    };
    const all = ["B", "a", "a.0", "a_1", "b", "c"];
    expect(await list("")).toEqual({ tags: all, link: null });
    expect(await list("?n=4")).toEqual({ tags: all.slice(0, 4), link: '</v2/app/tags/list?n=4&last=a_1>; rel="next"' });
    expect(await list("?n=4&last=a_1")).toEqual({ tags: ["b", "c"], link: null });
    expect(await list("?n=0")).toEqual({ tags: [], link: null });
    expect(await list(`?n=${"9".repeat(40)}`)).toEqual({ tags: all, link: null });
    expect(await list("?n=2&last=a.00")).toEqual({
      tags: ["a_1", "b"],
      link: '</v2/app/tags/list?n=2&last=b>; rel="next"',
    });
    expect(await list("?last=zzz")).toEqual({ tags: [], link: null });
    expect(await readCodes(await fetch(`${registry.url}/v2/app/tags/list?n=-1`))).toEqual([
      "PAGINATION_NUMBER_INVALID",
    ]);
    expect(await readCodes(await fetch(`${registry.url}/v2/nobody/tags/list`))).toEqual(["NAME_UNKNOWN"]);
  });

  it("lists referrers with type and annotations, filtered, in pages", async () => {
    const registry = await open({ referrersPageSize: 2 });
    const subject = { mediaType: manifestType, digest: digestOf("subject"), size: 7 };
    const push = async (artifactType: string | undefined, note: string) => {
      const manifest = await createManifest(registry, "app", { artifactType, annotations: { note }, subject });
      const response = await putManifest(registry, "app", digestOf(JSON.stringify(manifest)), manifest);
      expect(response.headers.get("oci-subject")).toBe(subject.digest);
    };
    for (const note of ["1", "2", "3"]) await push("application/x.one", note);
    await push(undefined, "4");
    const base = `${registry.url}/v2/app/referrers/${subject.digest}`;
    const readAll = async (first: string) => {
      const found: { artifactType: string; annotations: { note: string } }[] = [];
      const sizes: number[] = [];
      let url: string | undefined = first;
      while (url !== undefined && sizes.length < 10) {
        const response: Response = await fetch(url);
        expect(response.headers.get("content-type")).toBe(indexType);
        const { manifests } = (await response.json()) as { manifests: typeof found };
        found.push(...manifests);
        sizes.push(manifests.length);
        const next: string | undefined = /<(.*)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
        url = next === undefined ? undefined : `${registry.url}${next}`;
      }
      return { notes: found.map(({ annotations }) => annotations.note).sort(), found, sizes };
    };
    expect(await readAll(base)).toMatchObject({ notes: ["1", "2", "3", "4"], sizes: [2, 2] });
    expect(await readAll(`${base}?artifactType=application/x.one`)).toMatchObject({
      notes: ["1", "2", "3"],
      sizes: [2, 1],
    });
    const config = await readAll(`${base}?artifactType=application/vnd.oci.image.config.v1%2Bjson`);
    expect(config.notes).toEqual(["4"]);
    const filtered = await fetch(`${base}?artifactType=application/none`);
    expect(filtered.headers.get("oci-filters-applied")).toBe("artifactType");
    const unknown = await fetch(`${registry.url}/v2/nobody/referrers/${subject.digest}`);
    expect([unknown.status, await unknown.json()]).toMatchObject([200, { manifests: [] }]);
  });
}
