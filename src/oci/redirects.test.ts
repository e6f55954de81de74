import { describe, expect, it } from "vitest";
import { type Digest, toDigest } from "../types/index.ts";
import { createFakeProxy } from "./fake-proxy.fixture.ts";
import { type Answer, noSignal, plain, readAll } from "./fake-registry.fixture.ts";
import type { RegistryClient } from "./registry-client.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const registry = useFakeRegistry();
const elsewhere = useFakeRegistry();
const connect = useTestClients();

const location = () => ({ registry: registry.host, repository: "team/app" });
const blobPath = (digest: Digest) => `/v2/team/app/blobs/${digest}`;

async function read(client: RegistryClient, descriptor: { digest: Digest; size?: number }): Promise<Buffer> {
  return readAll(await client.openBlob(location(), descriptor, { maxBytes: 1_000_000, signal }));
}

describe("redirects", () => {
  const blob = Buffer.from("blob");
  const digest = toDigest(blob);
  const go = (to: string, status = 307) => plain(status, "", { location: to });
  const credentials = { find: async () => ({ kind: "registry-token", token: "t" }) as const };

  it.each([301, 302, 303, 307, 308])("are followed: %d", async (status) => {
    registry.on(`GET ${blobPath(digest)}`, go(`http://${elsewhere.host}/blob`, status));
    elsewhere.on("GET /blob", plain(200, blob));
    expect(await read(connect(), { digest })).toEqual(blob);
  });

  it.each([
    ["/storage/blob?a=b", "/storage/blob?a=b"],
    ["storage", "/v2/team/app/blobs/storage"],
    ["../storage/./blob#part", "/v2/team/app/storage/blob"],
    ["?a=b", undefined],
  ])("may be relative, and stay with the registry and its credentials: %s", async (to, path) => {
    const target = path ?? `${blobPath(digest)}?a=b`;
    registry.on(`GET ${blobPath(digest)}`, go(to), plain(200, blob));
    registry.on(
      `GET ${target.split("?")[0]}`,
      ...(path === undefined ? [go(to), plain(200, blob)] : [plain(200, blob)]),
    );
    expect(await read(connect({ credentials }), { digest })).toEqual(blob);
    expect(registry.seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      [blobPath(digest), "Bearer t"],
      [target, "Bearer t"],
    ]);
  });

  it("that leave do not bring credentials back", async () => {
    registry.on(`GET ${blobPath(digest)}`, go(`http://${elsewhere.host}/a`));
    elsewhere.on("GET /a", go(`http://${registry.host}/other`));
    registry.on("GET /other", plain(200, blob));
    expect(await read(connect({ credentials }), { digest })).toEqual(blob);
    expect(registry.seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      [blobPath(digest), "Bearer t"],
      ["/other", undefined],
    ]);
    expect(elsewhere.seen[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    ["that was named", ["registry.example", "10.0.0.9"], "10.0.0.9", "none"],
    ["that was not named", ["registry.example"], "10.0.0.9", "10.0.0.9 would be asked without TLS"],
    [
      "of loopback, which is never the registry's",
      ["registry.example", "127.0.0.1"],
      "127.0.0.1",
      "is a private address",
    ],
  ])("to a private address %s", async (_name, insecureRegistries, host, message) => {
    const content = Buffer.from("blob");
    const digest = toDigest(content);
    registry.on(`GET ${blobPath(digest)}`, plain(307, "", { location: `http://${host}/stored` }));
    elsewhere.on("GET /stored", plain(200, content));
    const proxy = await createFakeProxy({ "registry.example": registry, [host]: elsewhere });
    const client = connect({ insecureRegistries, proxy: { http: proxy.url, https: proxy.url } });
    const asked = client.fetchBlob(
      { registry: "registry.example", repository: "team/app" },
      { digest },
      { maxBytes: 9, signal },
    );
    const fault = await asked.then(
      () => "none",
      (thrown: unknown) => String(thrown),
    );
    await client.close();
    await proxy.close();
    expect(fault).toContain(message);
    expect(elsewhere.seen).toHaveLength(message === "none" ? 1 : 0);
  });

  it("are followed five times, and no more", async () => {
    for (let count = 0; count < 6; count += 1) elsewhere.on(`GET /${count}`, go(`/${count + 1}`));
    elsewhere.on("GET /5", plain(200, blob));
    registry.on(`GET ${blobPath(digest)}`, go(`http://${elsewhere.host}/1`));
    expect(await read(connect(), { digest })).toEqual(blob);
    registry.on(`GET ${blobPath(digest)}`, go(`http://${elsewhere.host}/0`));
    await expect(read(connect(), { digest })).rejects.toMatchObject({ code: "invalid-response" });
  });

  it.each([
    ["nowhere", plain(307), "invalid-response"],
    ["no address", go("http://[x"), "invalid-response"],
    ["another scheme", go("ftp://127.0.0.1/x"), "invalid-response"],
  ] as [string, Answer, string][])("that lead to %s are an error", async (_name, answer, code) => {
    registry.on(`GET ${blobPath(digest)}`, answer);
    await expect(read(connect(), { digest })).rejects.toMatchObject({ code });
  });
});
