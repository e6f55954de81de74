import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { type CredentialStore, type RegistryClientOptions, toPinned } from "../../../src/oci/index.ts";
import type { Log } from "../../../src/types/index.ts";
import { mediaTypes, type PushedContent, pushContent, pushReferrers } from "./content.ts";
import { type MeddlingProxy, startMeddlingProxy } from "./meddling-proxy.ts";
import {
  publicRepository,
  startBasicProtected,
  startEmbeddedProtected,
  startTokenProtected,
  type TokenProtected,
} from "./protected-registries.ts";
import { describeRegistryClient, type TestedRegistry } from "./registry-client.contract.ts";
import { always, codeOf, createTestClient, parseReference, signal } from "./test-client.ts";
import { account } from "./token-server.ts";

const peers = inject("peers");
const debianRegistry = inject("debianRegistry");
const fallback = { referrers: "fallback-tag", hasTagPages: true } as const;

describeRegistryClient("CNCF distribution 3 with tokens", {
  isSkipped: peers === undefined,
  traits: fallback,
  start: () => startTokenProtected(peers?.registry ?? "", "jwks"),
});

describeRegistryClient("CNCF distribution 3 with htpasswd", {
  isSkipped: peers === undefined,
  traits: fallback,
  start: () => startBasicProtected(peers?.registry ?? ""),
});

describeRegistryClient("the embedded registry with tokens", {
  isSkipped: false,
  traits: { referrers: "pages-by-count", hasTagPages: true },
  start: () => startEmbeddedProtected("bearer"),
});

const privateRepository = "private/app";
const right = always({ kind: "basic", ...account });
const wrong = always({ kind: "basic", username: account.username, password: "not the password" });
const absent = always(undefined);

/** All that is logged, to look for secrets in. */
function createListeningLog(): Log & { lines: string[] } {
  const lines: string[] = [];
  const add = (line: string) => void lines.push(line);
  return { lines, debug: add, info: add, warning: add, error: add };
}

async function describeRefusals(host: string, credentials: CredentialStore) {
  const log = createListeningLog();
  const client = createTestClient({ credentials, log });
  const reference = parseReference(`${host}/${privateRepository}:latest`);
  const codes: string[] = [];
  for (const ask of [() => client.resolve(reference, { signal }), () => client.findTag(reference, { signal })]) {
    codes.push(await codeOf(ask()));
    await ask().catch((thrown: unknown) => log.lines.push(String(thrown)));
  }
  await client.close();
  return { codes, told: log.lines.join("\n") };
}

function expectNoSecrets(told: string): void {
  for (const secret of [account.password, "not the password"]) {
    expect(told).not.toContain(secret);
    for (const pair of [secret, `${account.username}:${secret}`]) {
      expect(told).not.toContain(Buffer.from(pair).toString("base64"));
    }
  }
  expect(told).not.toMatch(/Bearer e|eyJ/);
}

const basicCases = [
  { name: "CNCF distribution 3", binary: peers?.registry },
  { name: "Debian's distribution 2.8", binary: debianRegistry },
];

describe.each(basicCases)("Basic credentials and $name", ({ binary }) => {
  let registry: TestedRegistry;
  beforeAll(async () => {
    if (binary === undefined) return;
    registry = await startBasicProtected(binary);
    await pushContent(registry.target, { repository: privateRepository, name: "private", tag: "latest" });
  });
  afterAll(() => registry?.stop());

  it.skipIf(binary === undefined).each([
    { what: "wrong", credentials: wrong },
    { what: "absent", credentials: absent },
  ])("says unauthorized where they are $what, and repeats no secret", async ({ credentials }) => {
    const { codes, told } = await describeRefusals(registry.host, credentials);
    expect(codes).toEqual(["unauthorized", "unauthorized"]);
    expectNoSecrets(told);
  });

  it.skipIf(binary === undefined)("sends them once it was asked to, with each request from then on", async () => {
    const proxy = await startMeddlingProxy(registry.host);
    const log = createListeningLog();
    const client = createTestClient({ credentials: right, log });
    const reference = parseReference(`${proxy.host}/${privateRepository}:latest`);
    const { digest } = await client.resolve(reference, { signal });
    await client.fetchManifest(toPinned(reference, digest), { signal });
    expect(proxy.seen.map(({ status }) => status)).toEqual([401, 200, 200]);
    expectNoSecrets(log.lines.join("\n"));
    await client.close();
    await proxy.close();
  });
});

const tokenCases = [
  { name: "CNCF distribution 3, ES256 and a key set", binary: peers?.registry, key: "jwks" },
  { name: "CNCF distribution 3, RS256 and certificates", binary: peers?.registry, key: "certificate" },
  { name: "Debian's distribution 2.8, RS256 and certificates", binary: debianRegistry, key: "certificate" },
] as const;

describe.each(tokenCases)("tokens and $name", ({ binary, key }) => {
  let registry: TokenProtected;
  let proxy: MeddlingProxy;
  let image: PushedContent;

  beforeAll(async () => {
    if (binary === undefined) return;
    registry = await startTokenProtected(binary, key);
    image = await pushContent(registry.target, { repository: privateRepository, name: "private", tag: "latest" });
    await pushReferrers(registry.target, {
      repository: privateRepository,
      subject: image.descriptor,
      count: 3,
    });
    for (const repository of [publicRepository, "private/other"]) {
      await pushContent(registry.target, { repository, name: "other", tag: "latest" });
    }
    proxy = await startMeddlingProxy(registry.host);
  });
  afterAll(async () => {
    await proxy?.close();
    await registry?.stop();
  });
  beforeEach(() => {
    proxy?.reset();
    registry?.tokens.requests.splice(0);
  });

  const test = it.skipIf(binary === undefined);
  const at = (rest: string) => parseReference(`${proxy.host}/${rest}`);
  const scopes = () => registry.tokens.requests.map((request) => request.scopes);
  const client = (options: Partial<RegistryClientOptions> = {}) => createTestClient({ credentials: right, ...options });

  test("are asked for once a repository, to pull alone, and used by all requests", async () => {
    const log = createListeningLog();
    const asking = client({ log });
    const pinned = toPinned(at(privateRepository), image.descriptor.digest);
    const work = async () => {
      await asking.resolve(at(`${privateRepository}:latest`), { signal });
      await asking.fetchManifest(pinned, { signal });
      await asking.fetchBlob(pinned, image.layer, { maxBytes: 1000, signal });
      const referrers = await asking.fetchReferrers(pinned, { signal });
      for (const { digest } of referrers) await asking.fetchManifest(toPinned(pinned, digest), { signal });
      return referrers.length;
    };
    const others = [0, 1, 2, 3, 4].map((number) => asking.findTag(at(`${privateRepository}:t${number}`), { signal }));
    expect(await Promise.all([work(), work(), work()])).toEqual([3, 3, 3]);
    await Promise.all(others);
    expect(scopes()).toEqual([[`repository:${privateRepository}:pull`]]);
    expect(registry.tokens.requests[0]).toMatchObject({ service: "test-registry", hasPassword: true });
    expect(proxy.seen.filter(({ status }) => status === 401)).toHaveLength(1);

    await asking.resolve(at("private/other:latest"), { signal });
    await asking.listTags(at("private/other"), { signal });
    expect(scopes().slice(1)).toEqual([["repository:private/other:pull"]]);
    expect(proxy.seen.filter(({ status }) => status === 401)).toHaveLength(1);
    expectNoSecrets(log.lines.join("\n"));
    await asking.close();
  });

  test("are asked for again when they end", async () => {
    let nowMs = Date.now();
    const clock = { nowMs: () => nowMs, sleep: async () => {} };
    const asking = client({ clock });
    await asking.resolve(at(`${privateRepository}:latest`), { signal });
    nowMs += 200_000;
    await asking.findTag(at(`${privateRepository}:one`), { signal });
    expect(scopes()).toHaveLength(1);
    nowMs += 100_000;
    await asking.findTag(at(`${privateRepository}:two`), { signal });
    expect(scopes()).toHaveLength(2);
    await asking.close();
  });

  test("are asked for again, once, when the registry refuses one before its end", async () => {
    registry.tokens.issueStale(1);
    const asking = client();
    expect(await asking.resolve(at(`${privateRepository}:latest`), { signal })).toEqual(image.descriptor);
    expect(scopes()).toHaveLength(2);
    await asking.close();
  });

  test("that are always refused end in unauthorized, not in a loop", async () => {
    registry.tokens.issueStale(1000);
    expect(await codeOf(client().resolve(at(`${privateRepository}:latest`), { signal }))).toBe("unauthorized");
    expect(scopes().length).toBeLessThanOrEqual(4);
    registry.tokens.issueStale(0);
  });

  test.each([
    { what: "wrong", credentials: wrong, status: 401 },
    { what: "absent", credentials: absent, status: 200 },
  ])("are not had with credentials that are $what", async ({ credentials, status }) => {
    const { codes, told } = await describeRefusals(proxy.host, credentials);
    expect(codes).toEqual(["unauthorized", "unauthorized"]);
    expect(registry.tokens.requests.every((request) => request.status === status)).toBe(true);
    expectNoSecrets(told);
  });

  test("are had without credentials for what is public", async () => {
    const asking = client({ credentials: absent });
    const { mediaType } = await asking.resolve(at(`${publicRepository}:latest`), { signal });
    expect(mediaType).toBe(mediaTypes.ociImage);
    expect(registry.tokens.requests.map(({ hasPassword }) => hasPassword)).toEqual([false]);
    await asking.close();
  });

  test("of one account are not used by another", async () => {
    const perRepository: CredentialStore = {
      find: async (_, repository) => (repository === privateRepository ? { kind: "basic", ...account } : undefined),
    };
    const asking = client({ credentials: perRepository });
    await asking.resolve(at(`${privateRepository}:latest`), { signal });
    expect(await codeOf(asking.resolve(at("private/other:latest"), { signal }))).toBe("unauthorized");
    await asking.close();
  });
});
