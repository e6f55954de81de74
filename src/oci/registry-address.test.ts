// Which protocol a registry is asked by, as its port sees it: every connection, by the first byte that comes.
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, connect as dial, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { silentLog, toDigest } from "../types/index.ts";
import { OciError } from "./errors.ts";
import { createFakeProxy } from "./fake-proxy.fixture.ts";
import { noSignal, ociImage } from "./fake-registry.fixture.ts";
import { createPlainHttpRule } from "./hosts.ts";
import { parseReference, toPinned } from "./reference.ts";
import { createRegistryAddress } from "./registry-address.ts";
import type { RegistryClient, RegistryClientOptions } from "./registry-client.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";
import { testCertificatePem, testKeyPem } from "./tls.fixture.ts";
import type { TransportResponse } from "./transport.ts";

const signal = noSignal;
const connect = useTestClients();
const elsewhere = useFakeRegistry();
const bytes = Buffer.from(JSON.stringify(ociImage));
const credentials: RegistryClientOptions["credentials"] = {
  find: async () => ({ kind: "basic", username: "me", password: "secret" }),
};
const login = `Basic ${Buffer.from("me:secret").toString("base64")}`;

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

type Side = (socket: Socket, first: Uint8Array) => void;

async function start(server: Server): Promise<number> {
  servers.push(server);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function leadTo(server: Server): Promise<Side> {
  const port = await start(server);
  return (socket, first) => {
    const inner = dial(port, "127.0.0.1", () => {
      inner.write(first);
      socket.pipe(inner).pipe(socket);
    });
    sockets.add(inner);
    inner.on("error", () => {});
  };
}

/** One port, and what answers there to those who speak TLS and to those who do not; either may change meanwhile. */
async function listen(sides: { tls: Side; plain: Side }) {
  const seen: ("tls" | "plain")[] = [];
  const server = createTcpServer((socket) => {
    socket.once("data", (first) => {
      const kind = first[0] === 0x16 ? "tls" : "plain";
      seen.push(kind);
      sides[kind](socket, first);
    });
  });
  const port = await start(server);
  return { sides, seen, port, loopback: `localhost:${port}`, named: `0.0.0.0:${port}` };
}

/** A registry, and what it was shown in `Authorization`. */
function createImages(refusesHead = false) {
  const shown: (string | undefined)[] = [];
  const listener: RequestListener = ({ method, headers: { authorization } }, response) => {
    shown.push(authorization);
    if (method === "HEAD" && refusesHead) return response.writeHead(400).end();
    if (authorization === undefined && asksForLogin.has(listener)) {
      return response.writeHead(401, { "www-authenticate": 'Basic realm="r"' }).end();
    }
    const headers = { "content-type": String(ociImage.mediaType), "docker-content-digest": toDigest(bytes) };
    response.writeHead(200, { ...headers, "content-length": bytes.length });
    response.end(method === "HEAD" ? undefined : bytes);
  };
  return { shown, listener };
}
const asksForLogin = new WeakSet<RequestListener>();

const overTls = (listener: RequestListener): Promise<Side> =>
  leadTo(createHttpsServer({ key: testKeyPem, cert: testCertificatePem }, listener));
const overHttp = (listener: RequestListener): Promise<Side> => leadTo(createHttpServer(listener));
const says =
  (text: string | Uint8Array): Side =>
  (socket) =>
    void socket.end(text);
const breaks: Side = (socket) => void socket.destroy();
const notTls = says("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");

const ask = (client: RegistryClient, host: string, tag = "v1") =>
  client.resolve(parseReference(`${host}/team/app:${tag}`), { signal });
const trusting = { extraCaPem: testCertificatePem, credentials };

describe("a registry on loopback", () => {
  it("is asked over plain HTTP at once: TLS is not tried", async () => {
    const images = createImages();
    const at = await listen({ tls: notTls, plain: await overHttp(images.listener) });
    const client = connect(trusting);
    const { digest } = await ask(client, at.loopback);
    await client.fetchManifest(toPinned({ registry: at.loopback, repository: "team/app" }, digest), { signal });
    expect(new Set(at.seen)).toEqual(new Set(["plain"]));
    expect(client.statistics()[at.loopback]).toMatchObject({ requests: 2, retries: 0 });
  });

  const refusals: [string, (port: number) => Side][] = [
    ["as Go does", () => says("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")],
    ["by an alert of TLS", () => says(Buffer.from([0x15, 3, 1, 0, 2, 2, 70]))],
    ["by breaking off", () => breaks],
    ["by ending", () => says("")],
    [
      "by the way to its other address",
      (port) => says(`HTTP/1.1 301 M\r\nlocation: https://localhost:${port}/v2/\r\ncontent-length: 0\r\n\r\n`),
    ],
  ];
  it.each(refusals)("that speaks TLS and refuses plain HTTP %s is asked over TLS", async (_name, refuse) => {
    const images = createImages();
    asksForLogin.add(images.listener);
    const at = await listen({ tls: await overTls(images.listener), plain: breaks });
    at.sides.plain = refuse(at.port);
    const client = connect(trusting);
    for (const tag of ["v1", "v2", "v3"])
      expect(await ask(client, at.loopback, tag)).toMatchObject({ size: bytes.length });
    expect(at.seen.filter((kind) => kind === "plain")).toHaveLength(1);
    expect(images.shown).toEqual([undefined, login, login, login]);
    // Those that the registry has seen: what was said to the wrong protocol was no question to it.
    expect(client.statistics()[at.loopback]).toMatchObject({ requests: images.shown.length, retries: 0 });
  });

  it("has its certificate checked, and what is wrong with it is said", async () => {
    const at = await listen({ tls: await overTls(createImages().listener), plain: breaks });
    const client = connect({ credentials });
    await expect(ask(client, at.loopback)).rejects.toMatchObject({
      code: "insecure-registry",
      message: expect.stringContaining("SSL_CERT_FILE"),
    });
    await expect(ask(client, at.loopback)).rejects.toMatchObject({ code: "insecure-registry" });
    expect(at.seen.filter((kind) => kind === "plain")).toHaveLength(1);
  });

  it("that answers 400 to HEAD is asked for TLS once, and then as before", async () => {
    const images = createImages(true);
    const at = await listen({ tls: notTls, plain: await overHttp(images.listener) });
    const client = connect(trusting);
    for (const tag of ["v1", "v2"]) expect(await ask(client, at.loopback, tag)).toMatchObject({ size: bytes.length });
    expect(at.seen.filter((kind) => kind === "tls")).toHaveLength(1);
    expect(client.statistics()[at.loopback]).toMatchObject({ requests: images.shown.length, retries: 0 });
  });

  it.each([
    ["says that it speaks none", notTls],
    ["breaks off there, too", breaks],
  ])("whose connections break is asked for TLS once, where it %s", async (_name, tls) => {
    const at = await listen({ tls, plain: breaks });
    const client = connect(trusting);
    const asked = ask(client, at.loopback);
    await expect(asked).rejects.toMatchObject({ code: "unavailable" });
    expect(at.seen).toEqual(["plain", "tls", "plain", "plain", "plain"]);
    expect(client.statistics()[at.loopback]).toMatchObject({ requests: 4, retries: 3 });
  });

  it("that spoke TLS once is asked over nothing else in this run", async () => {
    const images = createImages();
    const at = await listen({ tls: await overTls(images.listener), plain: breaks });
    const client = connect(trusting);
    await ask(client, at.loopback);
    at.sides.plain = await overHttp(images.listener);
    at.sides.tls = notTls;
    for (const socket of sockets) socket.destroy();
    await expect(ask(client, at.loopback, "v2")).rejects.toMatchObject({
      code: expect.stringMatching(/insecure-registry|unavailable/),
    });
    await expect(ask(client, at.loopback, "v3")).rejects.toMatchObject({ code: "insecure-registry" });
    expect(at.seen.filter((kind) => kind === "plain")).toHaveLength(1);
  });
});

describe("a registry that --insecure-registry names", () => {
  const named = (host: string, options: Partial<RegistryClientOptions> = {}) =>
    connect({ ...trusting, insecureRegistries: [host], ...options });

  it("is asked over TLS where it speaks it: plain HTTP is not tried", async () => {
    const images = createImages();
    asksForLogin.add(images.listener);
    const at = await listen({ tls: await overTls(images.listener), plain: await overHttp(createImages().listener) });
    const client = named(at.named);
    for (const tag of ["v1", "v2"]) expect(await ask(client, at.named, tag)).toMatchObject({ size: bytes.length });
    expect(new Set(at.seen)).toEqual(new Set(["tls"]));
    expect(images.shown).toEqual([undefined, login, login]);
    expect(client.statistics()[at.named]).toMatchObject({ requests: 3, retries: 0 });
  });

  it("is asked over plain HTTP where it speaks no TLS, after one connection that finds out", async () => {
    const images = createImages();
    asksForLogin.add(images.listener);
    const at = await listen({ tls: notTls, plain: await overHttp(images.listener) });
    const lines: string[] = [];
    const client = named(at.named, { log: { ...silentLog, info: (line) => lines.push(line) } });
    const asked = ["v1", "v2", "v3", "v4"].map((tag) => ask(client, at.named, tag));
    expect((await Promise.all(asked)).map(({ size }) => size)).toEqual(Array(4).fill(bytes.length));
    expect(at.seen.filter((kind) => kind === "tls")).toHaveLength(1);
    expect(client.statistics()[at.named]).toMatchObject({ requests: images.shown.length, retries: 0 });
    expect(lines).toEqual([expect.stringContaining(`${at.named} is asked over plain HTTP`)]);
  });

  const certified = () => overTls(createImages().listener);
  const downgrades: [string, () => Promise<Side>, Partial<RegistryClientOptions>, string][] = [
    ["its certificate is not trusted", certified, { extraCaPem: "" }, "insecure-registry"],
    ["the handshake breaks off", async () => breaks, {}, "unavailable"],
    ["the handshake is refused", async () => says(Buffer.from([0x15, 3, 3, 0, 2, 2, 40])), {}, "unavailable"],
  ];
  it.each(downgrades)("gets nothing over plain HTTP where %s", async (_name, startTls, options, code) => {
    const at = await listen({ tls: await startTls(), plain: await overHttp(createImages().listener) });
    await expect(ask(named(at.named, options), at.named)).rejects.toMatchObject({ code });
    expect(new Set(at.seen)).toEqual(new Set(["tls"]));
  });

  it("that spoke TLS once gets nothing over plain HTTP in this run", async () => {
    const images = createImages();
    const at = await listen({ tls: await overTls(images.listener), plain: await overHttp(images.listener) });
    const client = named(at.named);
    await ask(client, at.named);
    at.sides.tls = notTls;
    for (const socket of sockets) socket.destroy();
    for (const tag of ["v2", "v3"]) await ask(client, at.named, tag).catch(() => {});
    await expect(ask(client, at.named, "v4")).rejects.toMatchObject({ code: "insecure-registry" });
    expect(new Set(at.seen)).toEqual(new Set(["tls"]));
  });

  it("is asked over plain HTTP where nobody is at the port of HTTPS, or the proxy makes no tunnel to it", async () => {
    elsewhere.addManifest("team/app", ociImage, "v1");
    const proxy = await createFakeProxy({ "registry.example": elsewhere }, undefined, { makesTunnels: false });
    const client = named("registry.example", { proxy: { http: proxy.url, https: proxy.url } });
    try {
      expect(await ask(client, "registry.example")).toMatchObject({ size: bytes.length });
      expect(proxy.tunnels).toEqual(["registry.example:443"]);
      expect(client.statistics()["registry.example"]).toMatchObject({ requests: 1, retries: 0 });
    } finally {
      await client.close();
      await proxy.close();
    }
  });
});

describe("createRegistryAddress", () => {
  const fault = (code: string) =>
    new OciError("x", { code: "unavailable", cause: Object.assign(new Error(code), { code }) });
  const answer = (status: number, location?: string): TransportResponse => ({
    status,
    header: (name) => (name === "location" ? location : undefined),
    headers: () => [],
    body: (async function* () {})(),
    discard() {},
  });
  type Step = TransportResponse | OciError;
  /** What is sent where, and what came of it; `steps` by address. */
  async function reach(registry: string, steps: Readonly<Record<string, Step>>, insecure: readonly string[] = []) {
    const asked: string[] = [];
    const address = createRegistryAddress(registry, {
      isPlainHttpAllowed: createPlainHttpRule(insecure),
      onMisdirected: () => asked.push("misdirected"),
      onPlainHttp: () => asked.push("plain HTTP"),
    });
    const outcome = await address
      .reach(async ({ origin }) => {
        asked.push(origin);
        const step = steps[origin] ?? new OciError("y", { code: "aborted" });
        if (step instanceof OciError) throw step;
        return step;
      })
      .then(
        ({ base, response }) => `${base.origin} ${response.status}`,
        (thrown: unknown) => (thrown instanceof OciError ? thrown.code : "bug"),
      );
    return { asked, outcome, url: address.url.origin };
  }
  const named = ["named.example"];

  it("asks others than loopback and those that were named over TLS alone", async () => {
    const steps = { "https://a.example": fault("ECONNREFUSED"), "http://a.example": answer(200) };
    expect(await reach("a.example", steps, named)).toEqual({
      asked: ["https://a.example"],
      outcome: "unavailable",
      url: "https://a.example",
    });
  });

  it.each(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"])(
    "goes on to plain HTTP of a host that was named where no connection comes about: %s",
    async (code) => {
      const steps = { "https://named.example": fault(code), "http://named.example": answer(200) };
      expect(await reach("named.example", steps, named)).toEqual({
        asked: ["https://named.example", "misdirected", "http://named.example", "plain HTTP"],
        outcome: "http://named.example 200",
        url: "http://named.example",
      });
    },
  );

  it.each([
    "ECONNRESET",
    "EPIPE",
    "UND_ERR_SOCKET",
    "CERT_HAS_EXPIRED",
    "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
    "EPROTO",
  ])("does not go on where TLS has a fault: %s", async (code) => {
    const steps = { "https://named.example": fault(code), "http://named.example": answer(200) };
    expect((await reach("named.example", steps, named)).asked).toEqual(["https://named.example"]);
  });

  it("does not settle on a port that only sends on to the one of TLS, where nobody is now", async () => {
    const steps = {
      "https://named.example": fault("ECONNREFUSED"),
      "http://named.example": answer(301, "https://named.example/v2/"),
    };
    expect(await reach("named.example", steps, named)).toMatchObject({
      outcome: "unavailable",
      url: "https://named.example",
    });
  });

  it.each([
    [
      "without a port, there may be somebody at that of TLS",
      "localhost",
      ["http://localhost", "misdirected", "https://localhost"],
    ],
    ["with a port, there is nobody", "localhost:5000", ["http://localhost:5000"]],
    ["with the port of TLS, there is nobody", "localhost:443", ["http://localhost:443"]],
  ])("where nobody is on loopback %s", async (_name, registry, expected) => {
    const origin = `http://${registry}`;
    const steps = { [origin]: fault("ECONNREFUSED"), [`https://${registry}`]: fault("ECONNREFUSED") };
    expect(await reach(registry, steps)).toEqual({ asked: expected, outcome: "unavailable", url: origin });
  });

  it.each([
    ["127.0.0.1:5000", "http://127.0.0.1:5000"],
    ["[::1]:5000", "http://[::1]:5000"],
    ["registry.localhost", "http://registry.localhost"],
    ["[fd00::1]:5000", "https://[fd00::1]:5000"],
    ["10.0.0.1:5000", "https://10.0.0.1:5000"],
    ["xn--bcher-kva.example", "https://xn--bcher-kva.example"],
    ["a.example:443", "https://a.example"],
  ])("asks %s at %s first", async (registry, expected) => {
    expect((await reach(registry, { [expected]: answer(200) })).asked).toEqual([expected]);
  });
});
