import { createServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestClient, noSignal, ociImage } from "./fake-registry.fixture.ts";
import { parseReference } from "./reference.ts";
import type { RegistryClient, RegistryClientOptions } from "./registry-client.ts";
import { testCertificatePem, testKeyPem } from "./tls.fixture.ts";

const signal = noSignal;
const bytes = Buffer.from(JSON.stringify(ociImage));
const servers: Server[] = [];
const sockets = new Set<Socket>();
let client: RegistryClient | undefined;
let answer: (
  path: string,
  host: string,
  authorization: string | undefined,
) => { status: number; headers: Record<string, string>; body?: Buffer };
let proxyUrl = "";

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

beforeEach(async () => {
  const port = await listen(
    createServer({ key: testKeyPem, cert: testCertificatePem }, (request, response) => {
      const { status, headers, body } = answer(
        request.url ?? "",
        request.headers.host ?? "",
        request.headers.authorization,
      );
      response.writeHead(status, headers);
      response.end(request.method === "HEAD" ? undefined : body);
    }),
  );
  // Every name leads to the server: a proxy is how a test can have names.
  const proxyPort = await listen(
    createTcpServer((socket) => {
      socket.once("data", () => {
        const upstream = connect(port, "127.0.0.1", () => {
          socket.write("HTTP/1.1 200 OK\r\n\r\n");
          socket.pipe(upstream).pipe(socket);
        });
        sockets.add(upstream);
        upstream.on("error", () => {});
      });
    }),
  );
  proxyUrl = `http://127.0.0.1:${proxyPort}`;
  answer = () => ({
    status: 200,
    headers: { "content-type": String(ociImage.mediaType), "content-length": String(bytes.length) },
    body: bytes,
  });
});

afterEach(async () => {
  await client?.close();
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

function resolve(registry: string, options: Partial<RegistryClientOptions> = {}) {
  client = createTestClient({ proxy: { http: proxyUrl, https: proxyUrl }, extraCaPem: testCertificatePem, ...options });
  return client.resolve(parseReference(`${registry}/team/app:v1`), { signal });
}

describe("TLS", () => {
  it("is used for registries, with authorities of the user's", async () => {
    expect(await resolve("registry.example")).toMatchObject({ size: bytes.length });
  });

  it("is not used without trust, and that is not tried again", async () => {
    const untrusted = createTestClient({ proxy: { https: proxyUrl } });
    const asked = untrusted.resolve(parseReference("registry.example/team/app:v1"), { signal });
    await expect(asked).rejects.toMatchObject({ code: "insecure-registry", retryable: false });
    expect(untrusted.statistics()["registry.example"]).toMatchObject({ requests: 1, retries: 0 });
    await untrusted.close();
  });

  it("refuses certificates of other names", async () => {
    await expect(resolve("other.example")).rejects.toMatchObject({ code: "insecure-registry" });
  });

  it("never leads to plain HTTP, not even where that is allowed", async () => {
    answer = () => ({ status: 307, headers: { location: "http://insecure.example/x" } });
    const asked = resolve("registry.example", { insecureRegistries: ["insecure.example"] });
    await expect(asked).rejects.toMatchObject({ code: "insecure-registry" });
  });

  it.each([
    ["a private address", "https://10.0.0.1/x"],
    ["the metadata service", "https://169.254.169.254/x"],
    ["loopback", "https://localhost/x"],
    ["loopback by its whole name", "https://localhost./x"],
    ["loopback in other words", "https://[::ffff:127.0.0.1]/x"],
  ])("never leads to %s", async (_name, location) => {
    answer = () => ({ status: 307, headers: { location } });
    await expect(resolve("registry.example")).rejects.toMatchObject({
      code: "invalid-response",
      message: expect.stringContaining("is a private address"),
    });
  });

  it("leads to a private address that was named; how that is done, the error says", async () => {
    answer = () => ({ status: 307, headers: { location: "https://10.0.0.1:9000/x" } });
    await expect(resolve("registry.example")).rejects.toThrow(/say --insecure-registry=10\.0\.0\.1:9000/);
    const asked = resolve("registry.example", { insecureRegistries: ["10.0.0.1:9000"] });
    // It is asked, and has to have a certificate like all others.
    await expect(asked).rejects.toThrow(/10\.0\.0\.1:9000.*certificate is not trusted/);
  });

  it("lets a registry name a token service of its site, and it gets the credentials", async () => {
    const seen: [string, string | undefined][] = [];
    const manifest = answer;
    answer = (path, host, authorization) => {
      seen.push([host, authorization]);
      if (host === "tokens.example") return { status: 200, headers: {}, body: Buffer.from('{"token":"t"}') };
      if (authorization === "Bearer t") return manifest(path, host, authorization);
      return { status: 401, headers: { "www-authenticate": 'Bearer realm="https://tokens.example/token"' } };
    };
    // Two labels each: hosts of one suffix are no site.
    await resolve("registry.example", {
      credentials: { find: async () => ({ kind: "basic", username: "u", password: "p" }) },
      tokenServices: [{ registry: "Registry.example", host: "tokens.example" }],
    });
    expect(seen.find(([host]) => host === "tokens.example")?.[1]).toBe("Basic dTpw");
  });

  it("does not reach what speaks none, and says what to do", async () => {
    const plainPort = await listen(createTcpServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
    const plain = createTestClient();
    // An address that is loopback to the system and not to us.
    const asked = plain.resolve(parseReference(`0.0.0.0:${plainPort}/team/app:v1`), { signal });
    await expect(asked).rejects.toThrow(/--insecure-registry/);
    await plain.close();
  });
});
