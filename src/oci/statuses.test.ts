// Answers that are neither what was asked for nor a fault that registries know.
import { describe, expect, it } from "vitest";
import { toDigest } from "../types/index.ts";
import { type Answer, noSignal, ociImage, plain, raw } from "./fake-registry.fixture.ts";
import { parseReference, toPinned } from "./reference.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const registry = useFakeRegistry();
const connect = useTestClients();
const location = () => ({ registry: registry.host, repository: "team/app" });
const bytes = Buffer.from(JSON.stringify(ociImage));
const digest = toDigest(bytes);
const route = `GET /v2/team/app/manifests/${digest}`;
const retry = { maxRetries: 0, baseMs: 1, maxWaitMs: 1, factor: 1, jitter: 0 };
const fetch = () => connect({ retry }).fetchManifest(toPinned(location(), digest), { signal });

describe("an answer", () => {
  it("is what comes after those that are no last ones", async () => {
    const before = "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
    registry.on(route, raw(`${before}HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n\r\n${bytes}`));
    expect((await fetch()).descriptor.digest).toBe(digest);
  });

  const others: [number, Answer][] = [
    [201, plain(201, bytes)],
    [203, plain(203, bytes)],
    [204, (_request, response) => void response.writeHead(204).end()],
    [206, plain(206, bytes, { "content-range": `bytes 0-${bytes.length - 1}/${bytes.length}` })],
    [300, plain(300, bytes)],
    [304, (_request, response) => void response.writeHead(304).end()],
    [402, plain(402, bytes)],
    [418, plain(418, bytes)],
    [451, plain(451, bytes)],
    [505, plain(505, bytes)],
    [599, plain(599, bytes)],
  ];
  it.each(others)("with %d is none, whatever it holds, and is not asked for again", async (status, answer) => {
    registry.on(route, answer);
    await expect(fetch()).rejects.toMatchObject({ code: "invalid-response", status, retryable: false });
    registry.on(`HEAD /v2/team/app/manifests/v1`, answer);
    const tag = connect().findTag(parseReference(`${registry.host}/team/app:v1`), { signal });
    await expect(tag).rejects.toMatchObject({ code: "invalid-response", status });
    expect(registry.countOf("HEAD /v2/team/app/manifests/v1")).toBe(1);
  });

  it("cut off in the midst of its pieces is none", async () => {
    const half = bytes.subarray(0, 40);
    const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    registry.on(route, raw(`${head}${half.length.toString(16)}\r\n${half}\r\n`, { ends: true }));
    await expect(fetch()).rejects.toMatchObject({ code: "unavailable", retryable: true });
  });
});

describe("connections", () => {
  it.each([
    ["before the answer", false],
    ["in its midst", true],
  ])("are closed where a question is given up %s", async (_name, begins) => {
    const controller = new AbortController();
    const closed = new Promise((resolve) => {
      registry.on(route, (_request, response) => {
        response.socket?.once("close", resolve);
        const giveUp = () => controller.abort(new Error("enough"));
        if (begins) response.writeHead(200, { "content-length": 10_000 }).write("{", giveUp);
        else giveUp();
      });
    });
    const asked = connect().fetchManifest(toPinned(location(), digest), { signal: controller.signal });
    await expect(asked).rejects.toMatchObject({ code: "aborted" });
    await closed;
  });

  it("of a registry that does not answer are not those of another", async () => {
    registry.on(route, plain(200, bytes));
    registry.on("GET /v2/silent/app/tags/list", () => {});
    const client = connect({ maxConnectionsPerRegistry: 2, maxInFlight: 6 });
    const controller = new AbortController();
    const silent = Array.from({ length: 8 }, () =>
      client.listTags({ ...location(), repository: "silent/app" }, { signal: controller.signal }).catch(() => "gone"),
    );
    const found = await client.fetchManifest(toPinned({ ...location(), registry: toOther() }, digest), { signal });
    expect(found.descriptor.digest).toBe(digest);
    controller.abort();
    expect(await Promise.all(silent)).toEqual(Array(8).fill("gone"));
  });
});

/** The same server under another name, which is another registry. */
function toOther(): string {
  return registry.host.replace("127.0.0.1", "localhost");
}

describe("a registry", () => {
  it("is one, however its name is written", async () => {
    registry.addManifest("team/app", ociImage, "v1");
    registry.addManifest("team/app", ociImage, "v2");
    const client = connect();
    for (const name of ["localhost", "LOCALHOST", "LocalHost"]) {
      const host = registry.host.replace("127.0.0.1", name);
      await client.resolve(parseReference(`${host}/team/app:v${name === "localhost" ? 1 : 2}`), { signal });
    }
    expect(Object.keys(client.statistics())).toEqual([toOther()]);
  });

  it.each([
    ["a port beyond all", "a.example:65536"],
    ["an address that is none", "256.1.1.1:5000"],
    ["one that ends like an address", "registry.1"],
    ["an address in short, which stands for 1.2.0.3", "1.2.3"],
    ["an address as one number, which stands for 127.0.0.1", "2130706433:5000"],
    ["an IPv6 address that is none", "[1:2]:5000"],
  ])("is not asked where its name is %s", async (_name, host) => {
    const asked = connect().resolve(parseReference(`${host}/team/app:v1`), { signal });
    await expect(asked).rejects.toMatchObject({ name: "OciError", code: "invalid-reference", subject: host });
  });
});
