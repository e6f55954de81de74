import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** A reverse proxy on loopback that counts what it passes on, and delays it where asked to. */
export interface CountingProxy {
  host: string;
  /** Requests by kind since the last reset. */
  counts: Map<string, number>;
  reset(): void;
  close(): void;
}

export async function startCountingProxy(options: { target: string; delayMs: number }): Promise<CountingProxy> {
  const target = new URL(options.target);
  const counts = new Map<string, number>();
  const server = createServer((incoming, outgoing) => {
    const kind = `${incoming.method} ${toKind(incoming.url ?? "/")}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const pass = () => {
      const onward = request(
        {
          host: target.hostname,
          port: target.port,
          method: incoming.method,
          path: incoming.url,
          headers: incoming.headers,
        },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      onward.on("error", () => outgoing.destroy());
      incoming.pipe(onward);
    };
    if (options.delayMs > 0) setTimeout(pass, options.delayMs);
    else pass();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, counts, reset: () => counts.clear(), close: () => server.close() };
}

function toKind(path: string): string {
  if (path === "/v2/") return "ping";
  return /\/(manifests|blobs|referrers|tags)\//.exec(path)?.[1] ?? "other";
}
