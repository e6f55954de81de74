import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { testCertificatePem, testKeyPem } from "./tls.fixture.ts";
import { createTransport, type Transport, type TransportOptions, type TransportRequest } from "./transport.ts";

const servers: Server[] = [];
const transports: Transport[] = [];
const open = new Set<Socket>();
/** Connections ever. */
let connections = 0;

afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
  for (const socket of open) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  connections = 0;
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.on("connection", (socket: Socket) => {
    connections += 1;
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = (listener: RequestListener) => listen(createHttpServer(listener));

/** A server that says this, whatever it is asked. */
const say = (bytes: Uint8Array | undefined) =>
  listen(createTcpServer((socket) => socket.once("data", () => (bytes ? socket.write(bytes) : socket.destroy()))));

function create(options: Partial<TransportOptions> = {}): Transport {
  const transport = createTransport({ connectionsPerOrigin: 2, timeoutMs: 10_000, proxy: {}, ...options });
  transports.push(transport);
  return transport;
}

function ask(transport: Transport, url: string, request: Partial<TransportRequest> = {}) {
  const { signal } = new AbortController();
  return transport.send({ method: "GET", url: new URL(url), headers: {}, signal, subject: "subject", ...request });
}

async function read(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe("an exchange", () => {
  it("sends method, path, query, headers and body, and gives status, headers and body", async () => {
    const host = await serve(async (request, response) => {
      const { method, url, headers } = request;
      const body = await read(request);
      response.writeHead(202, { "X-One": "1", "X-Two": ["a", "b"] });
      response.end(JSON.stringify([method, url, headers["x-mine"], body]));
    });
    const response = await ask(create(), `http://${host}/v2/a?b=c`, {
      method: "POST",
      headers: { "x-mine": "yes" },
      body: "text",
    });
    expect(response.status).toBe(202);
    expect([response.header("X-One"), response.header("x-two"), response.header("x-none")]).toEqual([
      "1",
      "a",
      undefined,
    ]);
    expect([response.headers("X-Two"), response.headers("x-none")]).toEqual([["a", "b"], []]);
    expect(JSON.parse(await read(response.body))).toEqual(["POST", "/v2/a?b=c", "yes", "text"]);
  });
});

describe("connections", () => {
  it("are used again, after an answer that was thrown away too", async () => {
    const host = await serve((_request, response) => response.end("x".repeat(50_000)));
    const transport = create({ connectionsPerOrigin: 1 });
    await read((await ask(transport, `http://${host}/`)).body);
    (await ask(transport, `http://${host}/`)).discard();
    (await ask(transport, `http://${host}/`, { method: "HEAD" })).discard();
    expect(await read((await ask(transport, `http://${host}/`)).body)).toHaveLength(50_000);
    expect(connections).toBe(1);
  });

  it("are given up where a body follows the answer to HEAD", async () => {
    const answer = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const host = await listen(
      createTcpServer((socket) =>
        socket.on("data", (data) =>
          socket.write(`${data}`.startsWith("HEAD") ? answer(answer("forged")) : answer("real")),
        ),
      ),
    );
    const transport = create({ connectionsPerOrigin: 1 });
    (await ask(transport, `http://${host}/`, { method: "HEAD" })).discard();
    expect(await read((await ask(transport, `http://${host}/`)).body)).toBe("real");
    expect(connections).toBe(2);
  });

  it("are as many as allowed for an origin", async () => {
    const waiting: (() => void)[] = [];
    const host = await serve((_request, response) => {
      waiting.push(() => response.end());
      if (connections === 3 && waiting.length === 3) for (const end of waiting.splice(0)) end();
      else if (connections > 3) for (const end of waiting.splice(0)) end();
    });
    const transport = create({ connectionsPerOrigin: 3 });
    const asked = Array.from({ length: 12 }, async () => (await ask(transport, `http://${host}/`)).discard());
    // Served in groups of as many as come at once: more connections would come in one group.
    await Promise.all(asked);
    expect(connections).toBe(3);
  });

  it("are cut rather than reading on what was thrown away for ever", async () => {
    const host = await serve((_request, response) => {
      const write = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on("drain", write);
      write();
    });
    const [server] = servers;
    const closed = new Promise((resolve) => {
      server?.once("connection", (socket: Socket) => socket.once("close", resolve));
    });
    (await ask(create(), `http://${host}/`)).discard();
    await expect(closed).resolves.toBeTypeOf("boolean");
  });

  it("end with the transport, also in the midst of an answer", async () => {
    const host = await serve((_request, response) => void response.writeHead(200).write("x"));
    const transport = create();
    const reading = read((await ask(transport, `http://${host}/`)).body);
    const [socket] = open;
    const closed = new Promise((resolve) => socket?.once("close", resolve));
    await transport.close();
    await expect(reading).rejects.toMatchObject({ name: "OciError", code: "unavailable" });
    await closed;
    expect(open.size).toBe(0);
  });

  it("to a proxy over TLS trust the user's authority, for names that it speaks for", async () => {
    const proxy = await listen(createHttpsServer({ key: testKeyPem, cert: testCertificatePem }));
    const through = (options: Partial<TransportOptions>) =>
      ask(create({ proxy: { http: `https://${proxy}` }, ...options }), "http://registry.example/");
    await expect(through({})).rejects.toThrow("DEPTH_ZERO_SELF_SIGNED_CERT");
    // The certificate is trusted then, and is not one of this address.
    await expect(through({ extraCaPem: testCertificatePem })).rejects.toThrow("UND_ERR_PRX_TLS");
  });
});

describe("faults", () => {
  const get = async (address: Promise<string>, scheme = "http", options: Partial<TransportOptions> = {}) =>
    ask(create({ timeoutMs: 200, ...options }), `${scheme}://${await address}/`);
  const silent = () => serve(() => {});
  const closed = async () => {
    const address = await serve(() => {});
    const server = servers.pop();
    await new Promise((resolve) => server?.close(resolve));
    return address;
  };

  it.each([
    ["nobody is there", closed, "http", "unavailable", "ECONNREFUSED"],
    [
      "nobody is there, under a name of several addresses",
      async () => (await closed()).replace("127.0.0.1", "localhost"),
      "http",
      "unavailable",
      "ECONNREFUSED",
    ],
    ["the connection is cut", () => say(undefined), "http", "unavailable", "could not be reached"],
    ["what comes is not HTTP", () => say(Buffer.from("hello\r\n\r\n")), "http", "unavailable", "HTTPParserError"],
    ["no answer comes", silent, "http", "timeout", "did not answer in time"],
    ["plain HTTP is asked over TLS", silent, "https", "insecure-registry", "--insecure-registry"],
    [
      "what is asked over TLS says something else",
      () => say(Buffer.from("SSH-2.0-OpenSSH\r\n")),
      "https",
      "insecure-registry",
      "--insecure-registry",
    ],
    [
      "the certificate is nobody's whom we trust",
      () => listen(createHttpsServer({ key: testKeyPem, cert: testCertificatePem })),
      "https",
      "insecure-registry",
      "SSL_CERT_FILE",
    ],
  ])("%s", async (_name, start, scheme, code, message) => {
    const address = start();
    await expect(get(address, scheme)).rejects.toMatchObject({
      name: "OciError",
      code,
      subject: "subject",
      message: expect.stringContaining(message),
    });
    await expect(get(address, scheme)).rejects.toThrow(await address);
  });

  it("a body that stops coming", async () => {
    const response = await get(serve((_request, response) => void response.writeHead(200).write("x")));
    await expect(read(response.body)).rejects.toMatchObject({ name: "OciError", code: "timeout" });
  });

  it("a body that is cut", async () => {
    const response = await get(
      serve((_request, response) => {
        response.writeHead(200, { "content-length": 10 }).write("x");
        setImmediate(() => response.destroy());
      }),
    );
    await expect(read(response.body)).rejects.toMatchObject({ name: "OciError", code: "unavailable" });
  });

  it.each([
    ["the caller's leave", new Error("enough"), "aborted"],
    ["the caller's time limit", new DOMException("over", "TimeoutError"), "timeout"],
  ])("%s, before the answer and in its midst", async (_name, reason, code) => {
    const host = await serve((request, response) => {
      if (request.url === "/begins") response.writeHead(200).write("x");
    });
    for (const path of ["/silent", "/begins"]) {
      const controller = new AbortController();
      const asked = ask(create(), `http://${host}${path}`, { signal: controller.signal });
      const done = path === "/begins" ? read((await asked).body) : asked;
      controller.abort(reason);
      await expect(done).rejects.toMatchObject({ name: "OciError", code, cause: reason });
    }
  });
});
