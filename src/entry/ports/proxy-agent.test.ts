import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpPort } from "./http.ts";
import { readProxySettings } from "./proxy-agent.ts";

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.on("connection", (socket: Socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A proxy that lets nobody through, and what it was asked for. */
async function startProxy(): Promise<{ host: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (data) => {
      asked.push(`${data}`.split("\r\n")[0] ?? "");
      socket.end("HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n");
    });
  });
  return { host: await listen(server), asked };
}

describe("readProxySettings", () => {
  it.each([
    ["nothing", {}, {}],
    ["capitals", { HTTP_PROXY: "a", HTTPS_PROXY: "b", NO_PROXY: "c" }, { http: "a", https: "b", noProxy: "c" }],
    ["small letters", { http_proxy: "a", https_proxy: "b", no_proxy: "c" }, { http: "a", https: "b", noProxy: "c" }],
    ["capitals before small letters", { HTTPS_PROXY: "a", https_proxy: "b" }, { https: "a" }],
    ["small letters where capitals are empty", { HTTPS_PROXY: "", https_proxy: "b" }, { https: "b" }],
    ["no proxy of HTTP for HTTPS", { HTTP_PROXY: "a" }, { http: "a" }],
  ])("reads %s", (_name, env, expected) => {
    expect(readProxySettings(env)).toEqual(expected);
  });
});

describe("downloads", () => {
  const limits = { maxBytes: 1000 };

  it.each(["", "http://"])("go through the proxy, written as %sHOST:PORT", async (scheme) => {
    const { host, asked } = await startProxy();
    const http = createHttpPort({ version: "0", proxy: { https: `${scheme}${host}` } });
    await expect(http.get("https://policy.example/x.rego", limits)).rejects.toMatchObject({ code: "http-failed" });
    expect(asked).toEqual(["CONNECT policy.example:443 HTTP/1.1"]);
  });

  it("from loopback do not", async () => {
    const { host, asked } = await startProxy();
    const server = await listen(createServer((_request, response) => response.end("deny := 1")));
    const http = createHttpPort({ version: "0", proxy: { http: host, https: host } });
    expect(Buffer.from(await http.get(`http://${server}/x.rego`, limits)).toString()).toBe("deny := 1");
    expect(asked).toEqual([]);
  });

  it("fail, and not the run, where a proxy's address is none", async () => {
    const http = createHttpPort({ version: "0", proxy: { https: "http://:x" } });
    await expect(http.get("https://policy.example/x.rego", limits)).rejects.toThrow(/HTTPS_PROXY is no address/);
  });
});
