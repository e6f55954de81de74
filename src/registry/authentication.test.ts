import { describe, expect, it } from "vitest";
import { createMemoryStore } from "./memory-store.ts";
import type { RegistryAuthOptions } from "./options.ts";
import { createOpener, digestOf, readCodes } from "./registry.contract.ts";

const auth: RegistryAuthOptions = {
  accounts: [
    { username: "writer", password: "w", grants: [{ repository: "*", actions: ["pull", "push", "delete"] }] },
    { username: "reader", password: "r:r", grants: [{ repository: "team/*", actions: ["pull"] }] },
  ],
  anonymous: [{ repository: "public", actions: ["pull"] }],
};

const open = createOpener(createMemoryStore);
const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

async function askToken(url: string, scopes: readonly string[], authorization?: string): Promise<string | number> {
  const query = new URLSearchParams(scopes.map((scope): [string, string] => ["scope", scope]));
  const response = await fetch(`${url}/token?service=s&${query}`, authorization ? { headers: { authorization } } : {});
  return response.ok ? ((await response.json()) as { token: string }).token : response.status;
}

async function get(url: string, token?: string | number, method = "GET") {
  return await fetch(url, {
    method,
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  });
}

describe("bearer authentication", () => {
  it("challenges with realm, service and scope", async () => {
    const registry = await open({ auth });
    const challenge = async (path: string, method = "GET") =>
      (await get(`${registry.url}${path}`, undefined, method)).headers.get("www-authenticate");
    const start = `Bearer realm="${registry.url}/token",service="sealcheck-registry"`;
    expect(await challenge("/v2/")).toBe(start);
    expect(await challenge("/v2/team/app/manifests/v1")).toBe(`${start},scope="repository:team/app:pull"`);
    expect(await challenge("/v2/team/app/manifests/v1", "PUT")).toBe(`${start},scope="repository:team/app:pull,push"`);
    expect(await challenge("/v2/team/app/manifests/v1", "DELETE")).toBe(`${start},scope="repository:team/app:delete"`);
  });

  it("gives each account what it was granted, and no more", async () => {
    const registry = await open({ auth });
    const scopes = ["repository:team/app:pull,push", "repository:other:pull", "repository:public:pull"];
    const tokens = {
      writer: await askToken(registry.url, scopes, basic("writer", "w")),
      reader: await askToken(registry.url, scopes, basic("reader", "r:r")),
      nobody: await askToken(registry.url, scopes),
    };
    const status = async (token: string | number, repository: string, method: string) => {
      const path = method === "POST" ? "blobs/uploads/" : "tags/list";
      return (await get(`${registry.url}/v2/${repository}/${path}`, token, method)).status;
    };
    const reads = async (token: string | number) =>
      await Promise.all(["team/app", "other", "public"].map((repository) => status(token, repository, "GET")));
    expect(await reads(tokens.writer)).toEqual([404, 404, 404]);
    expect(await reads(tokens.reader)).toEqual([404, 401, 401]);
    expect(await reads(tokens.nobody)).toEqual([401, 401, 404]);
    expect(await status(tokens.writer, "team/app", "POST")).toBe(202);
    expect(await status(tokens.reader, "team/app", "POST")).toBe(401);
    expect((await get(`${registry.url}/v2/`, tokens.nobody)).status).toBe(200);
  });

  it("mounts from a repository that the client may read, never from one it does not name", async () => {
    const registry = await open({ auth });
    const token = await askToken(
      registry.url,
      ["repository:a:pull,push", "repository:b:pull,push"],
      basic("writer", "w"),
    );
    const headers = { authorization: `Bearer ${token}` };
    const digest = digestOf("layer");
    const post = async (path: string, body?: string) =>
      (await fetch(`${registry.url}/v2/${path}`, { method: "POST", headers, ...(body === undefined ? {} : { body }) }))
        .status;
    expect(await post(`a/blobs/uploads/?digest=${digest}`, "layer")).toBe(201);
    expect(await post(`b/blobs/uploads/?mount=${digest}`)).toBe(202);
    expect(await post(`b/blobs/uploads/?mount=${digest}&from=a`)).toBe(201);
  });

  it("refuses wrong passwords, unknown users, foreign and changed tokens", async () => {
    const registry = await open({ auth });
    const other = await open({ auth });
    const scopes = ["repository:team/app:pull"];
    expect(await askToken(registry.url, scopes, basic("writer", "x"))).toBe(401);
    expect(await askToken(registry.url, scopes, basic("nobody", "w"))).toBe(401);
    expect(await askToken(registry.url, scopes, "Basic !")).toBe(401);
    const foreign = await askToken(other.url, scopes, basic("writer", "w"));
    const own = String(await askToken(registry.url, scopes, basic("writer", "w")));
    for (const token of [foreign, `x${own}`, own.slice(0, -2), "x", ""]) {
      const response = await get(`${registry.url}/v2/team/app/tags/list`, token);
      expect([response.status, await readCodes(response)]).toEqual([401, ["UNAUTHORIZED"]]);
      expect(response.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
    }
  });

  it("ends a token after its lifetime", async () => {
    let nowMs = 1_000_000;
    const registry = await open({ auth: { ...auth, now: () => nowMs, tokenLifetimeSeconds: 60 } });
    const token = await askToken(registry.url, ["repository:x:pull"], basic("writer", "w"));
    const status = async () => (await get(`${registry.url}/v2/x/tags/list`, token)).status;
    expect(await status()).toBe(404);
    nowMs += 60_000;
    expect(await status()).toBe(401);
  });

  it("takes OAuth 2 forms", async () => {
    const registry = await open({ auth });
    const post = async (form: Record<string, string>) => {
      const body = new URLSearchParams({ scope: "repository:team/app:pull", ...form });
      const response = await fetch(`${registry.url}/token`, { method: "POST", body });
      if (!response.ok) return response.status;
      const { access_token } = (await response.json()) as { access_token: string };
      return (await get(`${registry.url}/v2/team/app/tags/list`, access_token)).status;
    };
    expect(await post({ grant_type: "password", username: "reader", password: "r:r" })).toBe(404);
    expect(await post({ grant_type: "refresh_token", refresh_token: "r:r" })).toBe(404);
    expect(await post({ grant_type: "password", username: "reader", password: "no" })).toBe(401);
    expect(await post({ grant_type: "password", username: "reader", password: "x".repeat(70_000) })).toBe(413);
  });

  it("mounts only from what the account may read", async () => {
    const grants = [
      { repository: "mine", actions: ["pull", "push"] as const },
      { repository: "secret", actions: [] },
    ];
    const registry = await open({ auth: { accounts: [...auth.accounts, { username: "me", password: "m", grants }] } });
    const digest = digestOf("secret");
    const writer = await askToken(registry.url, ["repository:secret:pull,push"], basic("writer", "w"));
    await fetch(`${registry.url}/v2/secret/blobs/uploads/?digest=${digest}`, {
      method: "POST",
      body: "secret",
      headers: { authorization: `Bearer ${writer}` },
    });
    const me = await askToken(registry.url, ["repository:mine:pull,push", "repository:secret:pull"], basic("me", "m"));
    expect((await get(`${registry.url}/v2/mine/blobs/uploads/?mount=${digest}&from=secret`, me, "POST")).status).toBe(
      202,
    );
  });

  it("names another realm where it is told to", async () => {
    const registry = await open({ auth: { ...auth, realm: "https://elsewhere.example/token" } });
    const response = await get(`${registry.url}/v2/`);
    expect(response.headers.get("www-authenticate")).toContain('realm="https://elsewhere.example/token"');
  });
});

describe("basic authentication", () => {
  it("asks for a password, and takes no other", async () => {
    const registry = await open({ auth: { ...auth, scheme: "basic" } });
    const status = async (path: string, authorization?: string) =>
      (await fetch(`${registry.url}${path}`, authorization ? { headers: { authorization } } : {})).status;
    const refused = await fetch(`${registry.url}/v2/`);
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([
      401,
      'Basic realm="sealcheck-registry"',
    ]);
    expect(await status("/v2/", basic("reader", "r:r"))).toBe(200);
    expect(await status("/v2/team/app/tags/list", basic("reader", "r:r"))).toBe(404);
    expect(await status("/v2/team/app/tags/list", basic("reader", "r"))).toBe(401);
    expect(await status("/v2/other/tags/list", basic("reader", "r:r"))).toBe(401);
    expect(await status("/v2/public/tags/list")).toBe(404);
  });
});
