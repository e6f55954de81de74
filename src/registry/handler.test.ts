import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import type { Log } from "../types/index.ts";
import { createMemoryStore } from "./memory-store.ts";
import {
  createManifest,
  createOpener,
  digestOf,
  indexType,
  manifestType,
  pushBlob,
  putManifest,
  readCodes,
} from "./registry.contract.ts";
import { startRegistry } from "./server.ts";

const open = createOpener(createMemoryStore);

describe("requests that are refused", () => {
  const digest = digestOf("nothing");
  const cases: { name: string; method?: string; path: string; status: number; code: string }[] = [
    { name: "unknown repository", path: "/v2/nobody/manifests/v1", status: 404, code: "NAME_UNKNOWN" },
    { name: "unknown tag", path: "/v2/app/manifests/v9", status: 404, code: "MANIFEST_UNKNOWN" },
    { name: "unknown digest", path: `/v2/app/manifests/${digest}`, status: 404, code: "MANIFEST_UNKNOWN" },
    { name: "upper case in a name", path: "/v2/App/manifests/v1", status: 400, code: "NAME_INVALID" },
    { name: "name with a doubled slash", path: "/v2/a//b/manifests/v1", status: 400, code: "NAME_INVALID" },
    { name: "escape from the name", path: "/v2/..%2F..%2Fetc/manifests/v1", status: 400, code: "NAME_INVALID" },
    { name: "broken percent escape", path: "/v2/%zz/manifests/v1", status: 400, code: "NAME_INVALID" },
    {
      name: "name over 255 characters",
      path: `/v2/${"a".repeat(256)}/manifests/v1`,
      status: 400,
      code: "NAME_INVALID",
    },
    { name: "tag with a leading dot", path: "/v2/app/manifests/.v1", status: 400, code: "TAG_INVALID" },
    { name: "tag over 128 characters", path: `/v2/app/manifests/${"a".repeat(129)}`, status: 400, code: "TAG_INVALID" },
    { name: "short digest", path: "/v2/app/manifests/sha256:abc", status: 400, code: "DIGEST_INVALID" },
    { name: "another algorithm", path: `/v2/app/blobs/sha384:${"a".repeat(96)}`, status: 400, code: "DIGEST_INVALID" },
    { name: "unknown SHA-512", path: `/v2/app/blobs/sha512:${"a".repeat(128)}`, status: 404, code: "BLOB_UNKNOWN" },
    { name: "unknown blob", path: `/v2/app/blobs/${digest}`, status: 404, code: "BLOB_UNKNOWN" },
    {
      name: "unknown blob to delete",
      method: "DELETE",
      path: `/v2/app/blobs/${digest}`,
      status: 404,
      code: "BLOB_UNKNOWN",
    },
    { name: "unknown upload", path: "/v2/app/blobs/uploads/x", status: 404, code: "BLOB_UPLOAD_UNKNOWN" },
    { name: "unknown method", method: "PATCH", path: "/v2/app/manifests/v1", status: 405, code: "UNSUPPORTED" },
    { name: "write to a listing", method: "POST", path: "/v2/app/tags/list", status: 405, code: "UNSUPPORTED" },
    { name: "path of no end", path: "/v2/app/layers/v1", status: 404, code: "UNSUPPORTED" },
    { name: "path outside /v2/", path: "/v1/search", status: 404, code: "UNSUPPORTED" },
    {
      name: "upload for an algorithm that is not stored",
      method: "POST",
      path: "/v2/app/blobs/uploads/?digest-algorithm=sha384",
      status: 400,
      code: "DIGEST_INVALID",
    },
    {
      name: "tags in pages of no number",
      path: "/v2/app/tags/list?n=1e3",
      status: 400,
      code: "PAGINATION_NUMBER_INVALID",
    },
    { name: "token of an open registry", path: "/token", status: 404, code: "UNSUPPORTED" },
  ];
  it.each(cases)("$name: $status $code", async ({ method, path, status, code }) => {
    const registry = await open();
    await pushBlob(registry, "app", "something");
    const response = await fetch(`${registry.url}${path}`, { method: method ?? "GET" });
    expect([response.status, await readCodes(response)]).toEqual([status, [code]]);
  });

  it("answers HEAD without a body, with the same status", async () => {
    const registry = await open();
    const response = await fetch(`${registry.url}/v2/app/manifests/v1`, { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([404, ""]);
  });

  it("answers HEAD as it answers GET, wherever that is answered", async () => {
    const registry = await open();
    const manifest = await createManifest(registry, "app");
    await putManifest(registry, "app", "v1", manifest);
    const begun = await fetch(`${registry.url}/v2/app/blobs/uploads/`, { method: "POST" });
    const paths = [
      "/v2/app/tags/list",
      `/v2/app/referrers/${digest}`,
      `/v2/app/blobs/${manifest.layers[0]?.digest}`,
      "/v2/app/manifests/v1",
      begun.headers.get("location") ?? "",
    ];
    const see = async (path: string, method: string) => {
      const response = await fetch(`${registry.url}${path}`, { method });
      const { status, headers } = response;
      const names = ["content-length", "content-type", "docker-content-digest", "etag", "location", "range"];
      return { status, body: await response.text(), headers: names.map((name) => headers.get(name)) };
    };
    for (const path of paths) {
      expect(await see(path, "HEAD"), path).toEqual({ ...(await see(path, "GET")), body: "" });
    }
  });

  it("answers a request whose target is a whole address, as those that come through a proxy", async () => {
    const registry = await open();
    const answer = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connect(registry.port, "127.0.0.1");
      socket.on("data", (piece) => {
        text += piece;
      });
      socket.on("close", () => resolve(text));
      socket.write(
        "GET http://mirror.example:5000/v2/?x=1 HTTP/1.1\r\nHost: mirror.example\r\nConnection: close\r\n\r\n",
      );
    });
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(registry.requests).toEqual([{ method: "GET", path: "/v2/", query: "x=1", status: 200 }]);
  });

  it("answers /v2/ to GET and HEAD", async () => {
    const registry = await open();
    const status = async (method: string) => (await fetch(`${registry.url}/v2/`, { method })).status;
    expect([await status("GET"), await status("HEAD"), await status("POST")]).toEqual([200, 200, 405]);
  });
});

describe("names and tags as long as they may be", () => {
  it("are taken", async () => {
    const registry = await open();
    const [repository, tag] = [`${"a".repeat(127)}/${"b".repeat(127)}`, "T".repeat(128)];
    const manifest = await createManifest(registry, repository);
    expect((await putManifest(registry, repository, tag, manifest)).status).toBe(201);
    expect(await (await fetch(`${registry.url}/v2/${repository}/tags/list`)).json()).toEqual({
      name: repository,
      tags: [tag],
    });
  });
});

describe("names that contain the words of the paths", () => {
  it.each(["blobs/uploads", "manifests/manifests", "tags/list", "referrers", "a/blobs/b"])("%s", async (repository) => {
    const registry = await open();
    const manifest = await createManifest(registry, repository);
    expect((await putManifest(registry, repository, "list", manifest)).status).toBe(201);
    const tags = await fetch(`${registry.url}/v2/${repository}/tags/list`);
    expect(await tags.json()).toEqual({ name: repository, tags: ["list"] });
  });
});

describe("manifests that are refused", () => {
  const config = { mediaType: "application/x", digest: digestOf("x"), size: 1 };
  const cases: { name: string; body: string; type?: string; reference?: string; codes: string[] }[] = [
    { name: "no JSON", body: "{", codes: ["MANIFEST_INVALID"] },
    { name: "a list", body: "[]", codes: ["MANIFEST_INVALID"] },
    { name: "schema 1", body: JSON.stringify({ schemaVersion: 1, config, layers: [] }), codes: ["MANIFEST_INVALID"] },
    { name: "unknown type", body: "{}", type: "application/json", codes: ["MANIFEST_INVALID"] },
    {
      name: "type and Content-Type that differ",
      body: JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [] }),
      codes: ["MANIFEST_INVALID"],
    },
    { name: "no config", body: JSON.stringify({ schemaVersion: 2, layers: [] }), codes: ["MANIFEST_INVALID"] },
    {
      name: "layers that are no list",
      body: JSON.stringify({ schemaVersion: 2, config, layers: {} }),
      codes: ["MANIFEST_INVALID"],
    },
    {
      name: "negative size",
      body: JSON.stringify({ schemaVersion: 2, config: { ...config, size: -1 }, layers: [] }),
      codes: ["MANIFEST_INVALID"],
    },
    {
      name: "subject without digest",
      body: JSON.stringify({ schemaVersion: 2, config, layers: [], subject: { mediaType: "x", size: 1 } }),
      codes: ["MANIFEST_INVALID"],
    },
    {
      name: "annotation that is a number",
      body: JSON.stringify({ schemaVersion: 2, config, layers: [], annotations: { a: 1 } }),
      codes: ["MANIFEST_INVALID"],
    },
    {
      name: "other digest than its bytes have",
      body: JSON.stringify({ schemaVersion: 2, config, layers: [] }),
      reference: digestOf("other"),
      codes: ["DIGEST_INVALID"],
    },
    {
      name: "blobs that are not there: all are named",
      body: JSON.stringify({
        schemaVersion: 2,
        config,
        layers: [config, { ...config, urls: ["https://example.com/"] }],
      }),
      codes: ["MANIFEST_BLOB_UNKNOWN", "MANIFEST_BLOB_UNKNOWN"],
    },
  ];
  it.each(cases)("$name", async ({ body, type, reference, codes }) => {
    const registry = await open();
    const response = await putManifest(registry, "app", reference ?? "v1", body, type ?? manifestType);
    expect([response.status, await readCodes(response)]).toEqual([400, codes]);
    expect((await fetch(`${registry.url}/v2/app/manifests/v1`)).status).toBe(404);
  });

  it.each([null, []])("may have no layers or children: %j", async (none) => {
    const registry = await open();
    const manifest = await createManifest(registry, "app", { layers: none });
    expect((await putManifest(registry, "app", "image", manifest)).status).toBe(201);
    const index = { schemaVersion: 2, mediaType: indexType, manifests: none };
    expect((await putManifest(registry, "app", "index", index, indexType)).status).toBe(201);
  });

  it("may say null where they have nothing to say", async () => {
    const registry = await open();
    const nothing = { artifactType: null, subject: null, annotations: null };
    const manifest = await createManifest(registry, "app", nothing);
    expect((await putManifest(registry, "app", "image", manifest)).status).toBe(201);
    const child = { mediaType: manifestType, digest: digestOf(JSON.stringify(manifest)), size: 1 };
    const platform = { os: "linux", architecture: "amd64", variant: null };
    const index = { ...nothing, schemaVersion: 2, mediaType: null, manifests: [{ ...child, platform }] };
    expect((await putManifest(registry, "app", "index", index, indexType)).status).toBe(201);
  });

  it("over the size limit get 413, at the limit they pass", async () => {
    const registry = await open({ maxManifestBytes: 1000 });
    const manifest = JSON.stringify(await createManifest(registry, "app"));
    expect((await putManifest(registry, "app", "v1", manifest.padEnd(1000))).status).toBe(201);
    const response = await putManifest(registry, "app", "v1", manifest.padEnd(1001));
    expect([response.status, await readCodes(response)]).toEqual([413, ["SIZE_INVALID"]]);
  });
});

describe("the referrers API switched off", () => {
  it("answers 404 and names no subject, as registries without it do", async () => {
    const registry = await open({ referrersApi: false });
    const subject = { mediaType: manifestType, digest: digestOf("subject"), size: 7 };
    const pushed = await putManifest(registry, "app", "v1", await createManifest(registry, "app", { subject }));
    expect([pushed.status, pushed.headers.get("oci-subject")]).toEqual([201, null]);
    expect((await fetch(`${registry.url}/v2/app/referrers/${subject.digest}`)).status).toBe(404);
  });
});

describe("a push with a subject that dies half-way", () => {
  it.each(["addReferrer", "put"] as const)("in %s: nothing is listed, and the next push mends it", async (method) => {
    const store = createMemoryStore();
    let isBroken = true;
    const manifests = {
      ...store.manifests,
      [method]: async (...args: never[]) => {
        if (isBroken) throw new Error("killed");
        await (store.manifests[method] as (...all: never[]) => Promise<void>)(...args);
      },
    };
    const registry = await open({ store: { ...store, manifests } });
    const subject = { mediaType: manifestType, digest: digestOf("subject"), size: 7 };
    const manifest = await createManifest(registry, "app", { subject });
    const digest = digestOf(JSON.stringify(manifest));
    const see = async () => {
      const referrers = await fetch(`${registry.url}/v2/app/referrers/${subject.digest}`);
      const { manifests: listed } = (await referrers.json()) as { manifests: unknown[] };
      return [(await fetch(`${registry.url}/v2/app/manifests/${digest}`)).status, listed.length];
    };
    expect((await putManifest(registry, "app", digest, manifest)).status).toBe(500);
    expect(await see()).toEqual([404, 0]);
    isBroken = false;
    expect((await putManifest(registry, "app", digest, manifest)).status).toBe(201);
    expect(await see()).toEqual([200, 1]);
  });
});

describe("changes of a repository's manifests at the same moment", () => {
  it("are made one after the other; those of another repository do not wait", async () => {
    const store = createMemoryStore();
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const events: string[] = [];
    const manifests: typeof store.manifests = {
      ...store.manifests,
      async remove(repository, digest) {
        events.push("remove begins");
        await gate;
        events.push("remove ends");
        return await store.manifests.remove(repository, digest);
      },
      async setTag(repository, tag, digest) {
        events.push(`${repository}:${tag}`);
        await store.manifests.setTag(repository, tag, digest);
      },
    };
    const registry = await open({ store: { ...store, manifests } });
    const [one, two] = await Promise.all(["app", "other"].map((repository) => createManifest(registry, repository)));
    await putManifest(registry, "app", "latest", one ?? {});
    const url = `${registry.url}/v2/app/manifests/${digestOf(JSON.stringify(one))}`;
    const removed = fetch(url, { method: "DELETE" });
    await expect.poll(() => events, { timeout: 20_000 }).toContain("remove begins");
    const moved = putManifest(registry, "app", "latest", { ...one, annotations: { note: "moved" } });
    expect((await putManifest(registry, "other", "latest", two ?? {})).status).toBe(201);
    release();
    expect([(await removed).status, (await moved).status]).toEqual([202, 201]);
    expect(events).toEqual(["app:latest", "remove begins", "other:latest", "remove ends", "app:latest"]);
    expect((await fetch(`${registry.url}/v2/app/manifests/latest`)).status).toBe(200);
  });
});

describe("interception", () => {
  it("answers instead of the registry, and knows how often it was asked", async () => {
    const registry = await open({
      intercept: ({ path, earlier }) =>
        path.endsWith("/v1") && earlier < 2
          ? { status: 503, headers: { "retry-after": "1" }, body: "busy" }
          : undefined,
    });
    const get = () => fetch(`${registry.url}/v2/app/manifests/v1`);
    const first = await get();
    expect([first.status, first.headers.get("retry-after"), await first.text()]).toEqual([503, "1", "busy"]);
    expect([(await get()).status, (await get()).status]).toEqual([503, 404]);
  });

  it("can wait before the registry answers", async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const registry = await open({ intercept: () => gate.then(() => undefined) });
    const answer = fetch(`${registry.url}/v2/`);
    expect(registry.requests).toEqual([]);
    release();
    expect((await answer).status).toBe(200);
  });

  it("can cut the connection, also in the middle of a body", async () => {
    const half = (async function* () {
      yield Buffer.from("half");
      throw new Error("cut");
    })();
    const registry = await open({
      intercept: ({ path }) =>
        path === "/v2/" ? "disconnect" : { status: 200, headers: { "content-length": "9" }, body: half },
    });
    await expect(fetch(`${registry.url}/v2/`)).rejects.toThrow(TypeError);
    await expect(fetch(`${registry.url}/v2/x`).then((response) => response.text())).rejects.toThrow(TypeError);
    expect(registry.requests.map(({ status }) => status)).toEqual([0, 200]);
  });
});

describe("the record of requests", () => {
  it("has method, path, query and status, and keeps the last ones only", async () => {
    const registry = await open({ maxRecordedRequests: 3 });
    for (let count = 1; count <= 8; count += 1) await fetch(`${registry.url}/v2/?count=${count}`);
    await fetch(`${registry.url}/v2/app/tags/list`, { method: "PUT" });
    expect(registry.requests).toEqual([
      { method: "GET", path: "/v2/", query: "count=7", status: 200 },
      { method: "GET", path: "/v2/", query: "count=8", status: 200 },
      { method: "PUT", path: "/v2/app/tags/list", query: "", status: 405 },
    ]);
    expect(registry.requestCount).toBe(9);
    registry.forgetRequests();
    expect([registry.requests, registry.requestCount]).toEqual([[], 0]);
  });
});

describe("the server", () => {
  it("listens on loopback, and a second close does nothing", async () => {
    const registry = await startRegistry();
    expect(registry.url).toBe(`http://127.0.0.1:${registry.port}`);
    expect(registry.host).toBe(`127.0.0.1:${registry.port}`);
    await Promise.all([registry.close(), registry.close()]);
    await expect(fetch(`${registry.url}/v2/`)).rejects.toThrow(TypeError);
  });

  it("ends with its signal, and does not start with one that ended", async () => {
    const controller = new AbortController();
    const registry = await startRegistry({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await registry.close();
    await expect(fetch(`${registry.url}/v2/`)).rejects.toThrow(TypeError);
    await expect(startRegistry({ signal: controller.signal })).rejects.toThrow("enough");
  });

  it("says so when its port is taken", async () => {
    const registry = await open();
    await expect(startRegistry({ port: registry.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  it("answers 500 and logs why when its store fails", async () => {
    const errors: string[] = [];
    const log: Log = { debug() {}, info() {}, warning() {}, error: (message) => void errors.push(message) };
    const store = createMemoryStore();
    const broken = { ...store.manifests, get: () => Promise.reject(new Error("disk gone")) };
    const registry = await open({ log, store: { ...store, manifests: broken } });
    const response = await fetch(`${registry.url}/v2/app/manifests/${digestOf("x")}`);
    expect([response.status, await readCodes(response), errors]).toEqual([500, ["UNKNOWN"], ["registry: disk gone"]]);
  });

  it.each(["ENOSPC", "EDQUOT"])("answers 507 where its disk is full: %s", async (code) => {
    const store = createMemoryStore();
    const full = { ...store.uploads, append: () => Promise.reject(Object.assign(new Error("write"), { code })) };
    const registry = await open({ store: { ...store, uploads: full } });
    const url = `${registry.url}/v2/app/blobs/uploads/?digest=${digestOf("x")}`;
    const response = await fetch(url, { method: "POST", body: "x" });
    expect([response.status, await readCodes(response)]).toEqual([507, ["DENIED"]]);
  });

  it("gives up a connection on which nothing moves", async () => {
    const registry = await startRegistry({ idleTimeoutMs: 200 });
    try {
      const begun = await fetch(`${registry.url}/v2/app/blobs/uploads/`, { method: "POST" });
      const url = `${registry.url}${begun.headers.get("location")}`;
      const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from("x")) });
      await expect(fetch(url, { method: "PATCH", body, duplex: "half" } as RequestInit)).rejects.toThrow(TypeError);
    } finally {
      await registry.close();
    }
  });

  it.each([
    ["a manifest", "PUT /v2/app/manifests/v1"],
    ["a blob", `POST /v2/app/blobs/uploads/?digest=${digestOf("x")}`],
  ])("goes on with a connection after %s that is too large", async (_, target) => {
    const registry = await open({ maxManifestBytes: 1000, maxBlobBytes: 1000 });
    const body = Buffer.alloc(3_000_000);
    const answers = await new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = connect(registry.port, "127.0.0.1");
      socket.on("data", (piece) => {
        text += piece;
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(text));
      socket.write(`${target} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.write(body);
      socket.write("GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    });
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 413", "HTTP/1.1 200"]);
  });

  it.each([
    ["a manifest", "PUT /v2/app/manifests/v1"],
    ["a blob", `POST /v2/app/blobs/uploads/?digest=${digestOf("x")}`],
  ])("refuses %s that says that it is too large before it was sent", async (_, target) => {
    const registry = await open({ maxManifestBytes: 1000, maxBlobBytes: 1000 });
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(registry.port, "127.0.0.1");
      socket.once("data", (piece) => {
        socket.destroy();
        resolve(String(piece));
      });
      socket.on("error", reject);
      socket.write(`${target} HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n`);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("cuts off a client that goes on sending what was refused", async () => {
    const registry = await open({ maxManifestBytes: 1000 });
    const answers = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connect(registry.port, "127.0.0.1");
      socket.on("data", (piece) => {
        text += piece;
      });
      // The cut may also come as a reset.
      socket.on("error", () => {});
      socket.on("close", () => resolve(text));
      socket.write("PUT /v2/app/manifests/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n");
      const piece = Buffer.alloc(1_000_000);
      const more = () => socket.writable && socket.write(piece, more);
      more();
    });
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 413"]);
  });

  it("takes back a chunk whose connection broke", async () => {
    const registry = await open();
    const started = await fetch(`${registry.url}/v2/app/blobs/uploads/`, { method: "POST" });
    const location = started.headers.get("location") ?? "";
    await new Promise<void>((resolve) => {
      const socket = connect(registry.port, "127.0.0.1");
      socket.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this`, () =>
        socket.destroy(),
      );
      socket.on("close", () => resolve());
    });
    const url = `${registry.url}${location}`;
    await expect.poll(() => registry.requests.some(({ method }) => method === "PATCH"), { timeout: 20_000 }).toBe(true);
    const put = await fetch(`${url}?digest=${digestOf("all of it")}`, { method: "PUT", body: "all of it" });
    expect(put.status).toBe(201);
  });
});
