import { describe, expect, it } from "vitest";
import { silentLog, toDigest } from "../types/index.ts";
import type { Credential } from "./credential.ts";
import type { CredentialStore } from "./credentials.ts";
import { createFakeProxy } from "./fake-proxy.fixture.ts";
import { type Answer, createFakeClock, json, noSignal, ociImage, plain } from "./fake-registry.fixture.ts";
import { parseReference } from "./reference.ts";
import type { RegistryClient } from "./registry-client.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const secret = "pa55word";
const basicHeader = `Basic ${Buffer.from(`user:${secret}`).toString("base64")}`;
const registry = useFakeRegistry();
const elsewhere = useFakeRegistry();
const connect = useTestClients();

function holding(credential: Credential | undefined): CredentialStore & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    find: async (host) => {
      asked.push(host);
      return host === registry.host ? credential : undefined;
    },
  };
}

const user: Credential = { kind: "basic", username: "user", password: secret };
const reference = (tag = "v1", repository = "team/app") => parseReference(`${registry.host}/${repository}:${tag}`);

/** Lets in who shows this header, and challenges the others. */
function protect(route: string, header: () => string, challenge: string, then: Answer): void {
  registry.on(route, (request, response) => {
    if (request.headers.authorization === header()) then(request, response);
    else plain(401, "", { "www-authenticate": challenge })(request, response);
  });
}

function protectTags(tags: readonly string[], header: () => string, challenge: string, repository = "team/app"): void {
  for (const tag of tags) {
    const { digest, bytes } = registry.addManifest(repository, ociImage, tag);
    const answer = plain(200, bytes, { "content-type": String(ociImage.mediaType), "docker-content-digest": digest });
    protect(`HEAD /v2/${repository}/manifests/${tag}`, header, challenge, answer);
  }
}

describe("Basic", () => {
  it("shows the credentials when asked, and from then on", async () => {
    protectTags(["v1", "v2"], () => basicHeader, 'Basic realm="x"');
    const client = connect({ credentials: holding(user) });
    await client.resolve(reference("v1"), { signal });
    await client.resolve(reference("v2"), { signal });
    expect(registry.seen.map(({ headers }) => headers.authorization)).toEqual([undefined, basicHeader, basicHeader]);
  });

  it.each([
    ["after others that nobody here knows", 'Negotiate, Digest realm="r", nonce="n", Basic realm="r"'],
    ["beside Bearer that does not say where tokens are to be had", 'Bearer, Basic realm="r"'],
    ["before it", 'Basic realm="r", Bearer error="invalid_token"'],
  ])("is what is offered %s", async (_name, challenge) => {
    protectTags(["v1"], () => basicHeader, challenge);
    await connect({ credentials: holding(user) }).resolve(reference(), { signal });
    expect(registry.seen.map(({ headers }) => headers.authorization)).toEqual([undefined, basicHeader]);
  });

  it("is unauthorized without credentials, and with refused ones", async () => {
    protectTags(["v1"], () => "Basic other", 'Basic realm="x"');
    await expect(connect().resolve(reference(), { signal })).rejects.toMatchObject({ code: "unauthorized" });
    const client = connect({ credentials: holding(user) });
    const fault: unknown = await client.resolve(reference(), { signal }).catch((thrown: unknown) => thrown);
    expect(fault).toMatchObject({ code: "unauthorized", status: 401, retryable: false });
    expect(JSON.stringify([String(fault), fault])).not.toContain(secret);
    expect(registry.seen).toHaveLength(3);
  });
});

describe("Bearer", () => {
  const bearer = (host: string) => `Bearer realm="http://${host}/token",service="svc",scope="repository:team/app:pull"`;

  it("asks the token service once for many requests, with the credentials and the narrowest scope", async () => {
    const tags = Array.from({ length: 10 }, (_, index) => `v${index}`);
    protectTags(tags, () => "Bearer t1", bearer(registry.host));
    registry.on("GET /token", json(200, { token: "t1", expires_in: 300 }));
    const client = connect({ credentials: holding(user) });
    await Promise.all(tags.map((tag) => client.resolve(reference(tag), { signal })));
    const tokens = registry.seen.filter(({ url }) => url.startsWith("/token"));
    expect(tokens.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ["/token?service=svc&scope=repository%3Ateam%2Fapp%3Apull", basicHeader],
    ]);
    expect(registry.seen).toHaveLength(1 + 1 + 10);
  });

  it.each([
    ["more than reading", "repository:team/app:push,pull,delete", []],
    ["the catalogue", "registry:catalog:*", []],
    ["other repositories, too", "repository:other/app:pull", ["repository:other/app:pull"]],
    ["to write to others", "repository:team/app:pull repository:other/app:push", []],
    ["something else", "repository:../x:pull repository:x/:pull aws", []],
    [
      "far too much",
      Array.from({ length: 9 }, (_, index) => `repository:other/${index}:pull`).join(" "),
      [0, 1, 2, 3].map((index) => `repository:other/${index}:pull`),
    ],
  ])("asks for reading alone where the registry wants %s", async (_name, scope, others) => {
    protectTags(["v1"], () => "Bearer t1", `Bearer realm="http://${registry.host}/token",scope="${scope}"`);
    registry.on("GET /token", json(200, { token: "t1" }));
    await connect({ credentials: holding(user) }).resolve(reference(), { signal });
    const { searchParams } = new URL(registry.seen[1]?.url ?? "", "http://x");
    expect(searchParams.getAll("scope")).toEqual(["repository:team/app:pull", ...others]);
  });

  it.each([
    ["nothing", undefined, 49_000, 51_000],
    ["a text", "300", 49_000, 51_000],
    ["a minute", 60, 49_000, 51_000],
    ["five minutes", 300, 289_000, 291_000],
    ["no time at all", 0, 700, 900],
    ["less than none", -5, 700, 900],
    ["for ever", 1e12, 86_389_000, 86_391_000],
  ])("uses a token somewhat shorter than it is good for: %s", async (_name, expiresIn, before, after) => {
    protectTags(["v1", "v2", "v3"], () => "Bearer t1", bearer(registry.host));
    registry.on("GET /token", json(200, { token: "t1", expires_in: expiresIn }));
    const clock = createFakeClock();
    const client = connect({ clock });
    await client.resolve(reference("v1"), { signal });
    await clock.sleep(before, signal);
    await client.resolve(reference("v2"), { signal });
    expect(registry.countOf("GET /token")).toBe(1);
    await clock.sleep(after - before, signal);
    await client.resolve(reference("v3"), { signal });
    expect(registry.countOf("GET /token")).toBe(2);
  });

  it("asks the token service once also where the registry knows the repository by another name", async () => {
    const challenge = `Bearer realm="http://${registry.host}/token",scope="repository:mirror/team/app:pull"`;
    protectTags(["v1", "v2", "v3"], () => "Bearer both", challenge);
    registry.on("GET /token", ({ url, ...request }, response) =>
      json(200, { token: url.includes("mirror") ? "both" : "own" })({ url, ...request }, response),
    );
    const client = connect();
    for (const tag of ["v1", "v2", "v3"]) await client.resolve(reference(tag), { signal });
    expect(registry.seen.map(({ method }) => method)).toEqual(["HEAD", "GET", "HEAD", "HEAD", "HEAD"]);
  });

  it("asks anonymously without credentials", async () => {
    protectTags(["v1"], () => "Bearer t1", bearer(registry.host));
    registry.on("GET /token", json(200, { access_token: "t1" }));
    await connect().resolve(reference(), { signal });
    expect(registry.seen[1]?.headers.authorization).toBeUndefined();
  });

  it.each([
    ["under its older name", { token: "t1", access_token: "t2" }],
    ["under one name where the other is empty", { token: "", access_token: "t1" }],
    ["under one name where the other is null", { token: null, access_token: "t1" }],
  ])("takes the token %s", async (_name, answer) => {
    protectTags(["v1"], () => "Bearer t1", bearer(registry.host));
    registry.on("GET /token", json(200, answer));
    await connect().resolve(reference(), { signal });
    expect(registry.countOf("GET /token")).toBe(1);
  });

  it("goes on with a download that broke by a new token where the old one is no good any more", async () => {
    const content = Buffer.from("a layer, in two parts");
    const digest = toDigest(content);
    let current = "t1";
    registry.on("GET /token", (request, response) => json(200, { token: current, expires_in: 60 })(request, response));
    const begins: Answer = (_request, response) => {
      current = "t2";
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 9), () => response.socket?.destroy());
    };
    const rest = plain(206, content.subarray(9), {
      "content-range": `bytes 9-${content.length - 1}/${content.length}`,
    });
    protect(
      `GET /v2/team/app/blobs/${digest}`,
      () => `Bearer ${current}`,
      bearer(registry.host),
      (request, response) => (request.headers.range === "bytes=9-" ? rest : begins)(request, response),
    );
    const ref = { registry: registry.host, repository: "team/app" };
    const bytes = await connect({ credentials: holding(user) }).fetchBlob(ref, { digest }, { maxBytes: 1000, signal });
    expect(Buffer.from(bytes).toString()).toBe(content.toString());
    expect(registry.seen.map(({ url, headers }) => [url.split("?")[0]?.slice(0, 6), headers.authorization])).toEqual([
      ["/v2/te", undefined],
      ["/token", basicHeader],
      ["/v2/te", "Bearer t1"],
      ["/v2/te", "Bearer t1"],
      ["/token", basicHeader],
      ["/v2/te", "Bearer t2"],
    ]);
  });

  it("is refused once more, and no third time, where new tokens do not help", async () => {
    let count = 0;
    protectTags(["v1"], () => "Bearer never", `${bearer(registry.host)},error="insufficient_scope"`);
    registry.on("GET /token", (request, response) => {
      count += 1;
      json(200, { token: `t${count}` })(request, response);
    });
    const asked = connect({ credentials: holding(user) }).resolve(reference(), { signal });
    await expect(asked).rejects.toMatchObject({ code: "unauthorized" });
    expect([count, registry.countOf("HEAD /v2/team/app/manifests/v1")]).toEqual([2, 3]);
  });

  it("exchanges a refresh token", async () => {
    protectTags(["v1"], () => "Bearer t1", bearer(registry.host));
    registry.on("POST /token", json(200, { access_token: "t1" }));
    await connect({ credentials: holding({ kind: "identity-token", username: "", token: "refresh" }) }).resolve(
      reference(),
      { signal },
    );
    const form = new URLSearchParams(registry.seen[1]?.body);
    expect(Object.fromEntries(form)).toMatchObject({
      grant_type: "refresh_token",
      refresh_token: "refresh",
      scope: "repository:team/app:pull",
    });
  });

  it("shows a registry token as it is", async () => {
    protectTags(["v1"], () => "Bearer given", bearer(registry.host));
    await connect({ credentials: holding({ kind: "registry-token", token: "given" }) }).resolve(reference(), {
      signal,
    });
    expect(registry.seen).toHaveLength(1);
  });

  it("renews a token when it expires, or is refused before that", async () => {
    let current = "t1";
    protectTags(["v1", "v2", "v3"], () => `Bearer ${current}`, bearer(registry.host));
    registry.on("GET /token", (request, response) => json(200, { token: current, expires_in: 60 })(request, response));
    const clock = createFakeClock();
    const client = connect({ credentials: holding(user), clock });
    await client.resolve(reference("v1"), { signal });
    await clock.sleep(55_000, signal);
    await client.resolve(reference("v2"), { signal });
    expect(registry.countOf("GET /token")).toBe(2);
    current = "t2";
    await client.resolve(reference("v3"), { signal });
    expect(registry.countOf("GET /token")).toBe(3);
  });

  it("keeps tokens of repositories apart", async () => {
    protectTags(["v1"], () => "Bearer app", bearer(registry.host));
    protectTags(["v1"], () => "Bearer other", bearer(registry.host), "team/other");
    registry.on("GET /token", (request, response) => {
      const scopes = new URL(request.url, "http://x").searchParams.getAll("scope");
      json(200, { token: scopes.at(0)?.includes("team/other") ? "other" : "app" })(request, response);
    });
    const client = connect();
    await client.resolve(reference("v1"), { signal });
    await client.resolve(reference("v1", "team/other"), { signal });
    expect(registry.countOf("GET /token")).toBe(2);
  });

  it("obeys 429 with Retry-After of the token service", async () => {
    protectTags(["v1"], () => "Bearer t1", bearer(registry.host));
    registry.on("GET /token", plain(429, "<html>busy</html>", { "retry-after": "9" }), json(200, { token: "t1" }));
    const clock = createFakeClock();
    const client = connect({ clock });
    await client.resolve(reference(), { signal });
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(9000);
    expect(client.statistics()[registry.host]).toMatchObject({ retries: 1, throttledMs: 9000 });
  });

  it.each([
    ["HTML", plain(200, "<html>"), "unavailable"],
    ["no token", json(200, {}), "unavailable"],
    ["a token with a line break", json(200, { token: "a\r\nx: y" }), "unavailable"],
    ["denied", plain(403, "{}"), "forbidden"],
  ] as const)("does not take for a token: %s", async (_name, answer, code) => {
    protectTags(["v1"], () => "Bearer t1", bearer(registry.host));
    registry.on("GET /token", answer);
    await expect(connect().resolve(reference(), { signal })).rejects.toMatchObject({ code });
  });
});

describe("where credentials do not go", () => {
  it("to a token service that the registry has no claim to", async () => {
    const proxy = await createFakeProxy({ "registry.example": registry, "tokens.elsewhere.example": elsewhere });
    protectTags(["v1"], () => "Bearer t1", 'Bearer realm="http://tokens.elsewhere.example/token",service="svc"');
    elsewhere.on("GET /token", json(200, { token: "t1" }));
    const warnings: string[] = [];
    const client = connect({
      credentials: { find: async () => user },
      insecureRegistries: ["registry.example", "tokens.elsewhere.example"],
      log: { ...silentLog, warning: (message) => warnings.push(message) },
      proxy: { http: proxy.url },
    });
    await client.resolve(parseReference("registry.example/team/app:v1"), { signal });
    await client.close();
    await proxy.close();
    expect(elsewhere.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^registry\.example names the token service tokens\.elsewhere\.example.* pass --token-service=registry\.example=tokens\.elsewhere\.example$/,
      ),
    ]);
    expect(new Set(proxy.asked.map(({ url }) => new URL(url).host))).toEqual(
      new Set(["registry.example", "tokens.elsewhere.example"]),
    );
  });

  it.each([
    ["the token service", plain(401, "{}")],
    ["the registry", json(200, { token: "t1" })],
    [
      "the registry, and each token is another",
      (_request, response) => json(200, { token: `t${Math.random()}` })(_request, response),
    ],
  ] as [string, Answer][])("and the flag that lets them go there is named where %s refuses", async (_name, answer) => {
    const proxy = await createFakeProxy({ "registry.example": registry, "tokens.elsewhere.example": elsewhere });
    protectTags(["v1"], () => "Bearer other", 'Bearer realm="http://tokens.elsewhere.example/token",service="svc"');
    elsewhere.on("GET /token", answer);
    const insecureRegistries = ["registry.example", "tokens.elsewhere.example"];
    const options = { insecureRegistries, proxy: { http: proxy.url } };
    const ask = (client: RegistryClient) => client.resolve(parseReference("registry.example/team/app:v1"), { signal });
    const flag = "--token-service=registry.example=tokens.elsewhere.example";
    await expect(ask(connect({ ...options, credentials: { find: async () => user } }))).rejects.toMatchObject({
      code: "unauthorized",
      message: expect.stringContaining(flag),
    });
    expect(elsewhere.seen.map(({ headers }) => headers.authorization)).not.toContain(basicHeader);
    // Who has none is told to log in.
    await expect(ask(connect(options))).rejects.toMatchObject({
      code: "unauthorized",
      message: expect.not.stringContaining("--token-service"),
    });
    await proxy.close();
  });

  it("to another host that a blob is redirected to, nor the token", async () => {
    const blob = Buffer.from("blob");
    const digest = registry.addBlob("team/app", blob);
    registry.on(
      `GET /v2/team/app/blobs/${digest}`,
      plain(401, "", { "www-authenticate": 'Basic realm="x"' }),
      plain(307, "", { location: `http://${elsewhere.host}/storage/blob?signature=x` }),
    );
    elsewhere.on("GET /storage/blob", plain(200, blob));
    const client = connect({ credentials: holding(user) });
    const bytes = await client.fetchBlob(
      { registry: registry.host, repository: "team/app" },
      { digest },
      { maxBytes: 99, signal },
    );
    expect(Buffer.from(bytes)).toEqual(blob);
    expect(registry.seen.at(-1)?.headers.authorization).toBe(basicHeader);
    expect(elsewhere.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it("to another host that answers a redirect with a challenge", async () => {
    const digest = registry.addBlob("team/app", Buffer.from("blob"));
    registry.on(`GET /v2/team/app/blobs/${digest}`, plain(307, "", { location: `http://${elsewhere.host}/b` }));
    elsewhere.on("GET /b", plain(401, "", { "www-authenticate": 'Basic realm="x"' }));
    const client = connect({ credentials: holding(user) });
    const asked = client.fetchBlob(
      { registry: registry.host, repository: "team/app" },
      { digest },
      { maxBytes: 99, signal },
    );
    await expect(asked).rejects.toMatchObject({ code: "unauthorized" });
    expect(elsewhere.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it.each([
    ["a redirect without end", (host: string) => `http://${host}/v2/team/app/manifests/v1`, "invalid-response"],
    ["plain HTTP elsewhere", () => "http://cdn.example/x", "insecure-registry"],
    ["another scheme", () => "file:///etc/passwd", "invalid-response"],
    ["user information", (host: string) => `http://u:p@${host}/x`, "invalid-response"],
  ])("nor is followed %s", async (_name, toLocation, code) => {
    registry.on("HEAD /v2/team/app/manifests/v1", plain(302, "", { location: toLocation(registry.host) }));
    await expect(connect().resolve(reference(), { signal })).rejects.toMatchObject({ code });
  });
});
