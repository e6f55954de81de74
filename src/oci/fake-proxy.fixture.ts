import { createServer, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { FakeRegistry } from "./fake-registry.fixture.ts";

/**
 * A proxy that knows where names lie, for tests that need other names than loopback's; it asks for `login` where given, and
 * makes no tunnels where told so.
 */
export async function createFakeProxy(
  hosts: Readonly<Record<string, FakeRegistry>>,
  login?: string,
  { makesTunnels = true } = {},
) {
  const tunnels: string[] = [];
  /** Whole addresses that it was asked for, and the hosts that were named besides. */
  const asked: { url: string; host: string | undefined }[] = [];
  const sockets = new Set<Socket>();
  const connections = { now: 0, most: 0 };
  const isLetIn = ({ headers }: IncomingMessage) => login === undefined || headers["proxy-authorization"] === login;
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url = "" } = incoming;
    asked.push({ url, host: headers.host });
    if (!isLetIn(incoming)) return outgoing.writeHead(407).end();
    const target = URL.canParse(url) ? hosts[new URL(url).hostname] : undefined;
    if (!target) return outgoing.writeHead(502).end("unknown host");
    const { pathname, search } = new URL(url);
    const { "proxy-authorization": _, ...passed } = headers;
    const onward = request(`http://${target.host}${pathname}${search}`, { method, headers: passed }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.on("connection", (socket) => {
    connections.now += 1;
    connections.most = Math.max(connections.most, connections.now);
    socket.on("close", () => {
      connections.now -= 1;
    });
  });
  server.on("connect", (incoming, client: Socket) => {
    tunnels.push(incoming.url ?? "");
    if (!isLetIn(incoming)) return client.end("HTTP/1.1 407 Who Are You\r\n\r\n");
    if (!makesTunnels) return client.end("HTTP/1.1 403 No Tunnels\r\n\r\n");
    const target = hosts[(incoming.url ?? "").split(":")[0] ?? ""];
    if (!target) return client.end("HTTP/1.1 502 Unknown Host\r\n\r\n");
    const upstream = connect(Number(target.host.split(":")[1]), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connected\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    asked,
    /** Connections to it at once. */
    get mostConnections() {
      return connections.most;
    },
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
