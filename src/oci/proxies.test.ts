// The way through proxies.
import { describe, expect, it } from "vitest";
import { createFakeProxy } from "./fake-proxy.fixture.ts";
import { type FakeRegistry, noSignal, ociImage } from "./fake-registry.fixture.ts";
import { parseReference } from "./reference.ts";
import type { RegistryClient } from "./registry-client.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const registry = useFakeRegistry();
const connect = useTestClients();
const at = (digest: string) => `/v2/team/app/manifests/${digest}`;

describe("proxies", () => {
  const login = `Basic ${Buffer.from("me:p@ss").toString("base64")}`;

  async function through(
    options: {
      scheme?: "http" | "https";
      login?: string;
      user?: string;
      hosts?: Record<string, FakeRegistry>;
      maxConnectionsPerRegistry?: number;
    },
    use: (client: RegistryClient, proxy: Awaited<ReturnType<typeof createFakeProxy>>) => Promise<void>,
  ) {
    const proxy = await createFakeProxy(options.hosts ?? { "registry.example": registry }, options.login);
    const url = proxy.url.replace("//", `//${options.user ?? ""}`);
    const insecureRegistries = options.scheme === "https" ? [] : ["registry.example", "registry.example:5000"];
    const retry = { maxRetries: 0, baseMs: 1, maxWaitMs: 1, factor: 1, jitter: 0 };
    const { maxConnectionsPerRegistry = 8 } = options;
    const client = connect({ proxy: { http: url, https: url }, insecureRegistries, retry, maxConnectionsPerRegistry });
    try {
      await use(client, proxy);
    } finally {
      await client.close();
      await proxy.close();
    }
  }
  const ask = (client: RegistryClient, host = "registry.example") =>
    client.resolve(parseReference(`${host}/team/app:v1`), { signal });

  it("are asked for the whole address where a registry speaks plain HTTP", async () => {
    const { digest } = registry.addManifest("team/app", ociImage, "v1");
    await through({}, async (client, proxy) => {
      expect((await ask(client)).digest).toBe(digest);
      expect((await ask(client, "registry.example:5000")).digest).toBe(digest);
      expect(proxy.asked).toEqual([
        { url: `http://registry.example${at("v1")}`, host: "registry.example" },
        { url: `http://registry.example:5000${at("v1")}`, host: "registry.example:5000" },
      ]);
      // Whether there is TLS is asked once; there is none.
      expect(proxy.tunnels).toEqual(["registry.example:443", "registry.example:5000"]);
      expect(registry.seen.map(({ headers }) => headers["proxy-authorization"])).toEqual([undefined, undefined]);
    });
  });

  it("make a tunnel where a registry speaks HTTPS", async () => {
    await through({ scheme: "https" }, async (client, proxy) => {
      await expect(ask(client)).rejects.toThrow();
      expect(proxy.tunnels).toEqual(["registry.example:443"]);
      expect(proxy.asked).toEqual([]);
    });
  });

  it.each(["http", "https"] as const)("get the login of their address, and no registry gets it: %s", async (scheme) => {
    registry.addManifest("team/app", ociImage, "v1");
    await through({ scheme, login, user: "me:p%40ss@" }, async (client) => {
      const fault: unknown = await ask(client).catch((thrown: unknown) => thrown);
      // Behind the tunnel there is no TLS.
      expect(fault).toMatchObject(scheme === "http" ? { size: expect.any(Number) } : { code: "insecure-registry" });
      expect(JSON.stringify(registry.seen)).not.toContain(login);
    });
  });

  it.each(["http", "https"] as const)("that want a login are named, and where to write it: %s", async (scheme) => {
    await through({ scheme, login, user: "me:wrong@" }, async (client, proxy) => {
      const fault: unknown = await ask(client).catch((thrown: unknown) => thrown);
      const host = new URL(proxy.url).host;
      expect(fault).toMatchObject({ name: "OciError", code: "unauthorized", status: 407, retryable: false });
      expect(String(fault)).toContain(`the proxy ${host} on the way to registry.example`);
      expect(JSON.stringify([String(fault), fault])).not.toContain("wrong");
    });
  });

  it.each(["http", "https"] as const)("that refuse are a fault of the network: %s", async (scheme) => {
    await through({ scheme, hosts: {} }, async (client) => {
      await expect(ask(client)).rejects.toMatchObject({ code: "unavailable", retryable: true, status: 502 });
    });
  });

  it("that are not there are named", async () => {
    const client = connect({
      proxy: { http: "http://127.0.0.1:9", https: "http://127.0.0.1:9" },
      insecureRegistries: ["registry.example"],
    });
    await expect(ask(client)).rejects.toThrow(/registry\.example \(through the proxy 127\.0\.0\.1:9\)/);
  });

  it("lead to no more connections than a registry may have", async () => {
    const digests = Array.from({ length: 12 }, (_, index) => registry.addBlob("team/app", Buffer.from(`${index}`)));
    await through({ maxConnectionsPerRegistry: 3 }, async (client, proxy) => {
      const location = { registry: "registry.example", repository: "team/app" };
      const bytes = await Promise.all(
        digests.map((digest) => client.fetchBlob(location, { digest }, { maxBytes: 9, signal })),
      );
      expect(bytes.map((one) => Buffer.from(one).toString())).toEqual(digests.map((_, index) => `${index}`));
      // One found out that there is no TLS.
      expect(proxy.mostConnections).toBeLessThanOrEqual(3 + 1);
      expect(proxy.asked).toHaveLength(12);
    });
  });
});
