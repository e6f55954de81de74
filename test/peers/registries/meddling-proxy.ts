import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenRequest {
  method: string;
  /** Path and query. */
  url: string;
  range: string | undefined;
  authorization: string | undefined;
  /** Of the answer that was passed on; 0 before it is there. */
  status: number;
}

/** What is done to one request and its answer on their way. */
export interface Meddling {
  /** Asks for this path and query instead. */
  url?: string;
  /** Answers with this status alone, and asks nobody. */
  status?: number;
  /** Request headers that are not passed on. */
  hiddenRequestHeaders?: readonly string[];
  /** Response headers that are not passed on. */
  hiddenHeaders?: readonly string[];
  /** The connection breaks after so many bytes of the body. */
  cutAfterBytes?: number;
  /** One bit of the first byte of the body is another. */
  corrupts?: boolean;
  /** Done when the registry has answered, before the answer is passed on. */
  before?: () => Promise<void>;
}

/** A reverse proxy on loopback between a client and a registry that can be a bad one. */
export interface MeddlingProxy {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly seen: SeenRequest[];
  /**
   * Asked for each request but those for tokens, with the number of earlier ones of the same method and address.
   * Replaces the rule before.
   */
  meddle(rule: (request: SeenRequest, earlier: number) => Meddling | undefined): void;
  /** Forgets the rule and what was seen. */
  reset(): void;
  close(): Promise<void>;
}

export async function startMeddlingProxy(targetHost: string): Promise<MeddlingProxy> {
  const [hostname, port] = targetHost.split(":");
  const seen: SeenRequest[] = [];
  let rule: Parameters<MeddlingProxy["meddle"]>[0] = () => undefined;

  function handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = "GET", url = "/", headers } = incoming;
    const earlier = seen.filter((known) => known.method === method && known.url === url).length;
    const known: SeenRequest = { method, url, range: headers.range, authorization: headers.authorization, status: 0 };
    seen.push(known);
    const meddling = (url.startsWith("/token") ? undefined : rule(known, earlier)) ?? {};
    if (meddling.status !== undefined) {
      known.status = meddling.status;
      outgoing.writeHead(meddling.status).end();
      return;
    }
    const onward = request(
      { hostname, port, method, path: meddling.url ?? url, headers: without(headers, meddling.hiddenRequestHeaders) },
      async (answer) => {
        known.status = answer.statusCode ?? 502;
        await meddling.before?.();
        outgoing.writeHead(known.status, without(answer.headers, meddling.hiddenHeaders));
        passOn(answer, outgoing, meddling);
      },
    );
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  }

  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    meddle(next) {
      rule = next;
    },
    reset() {
      rule = () => undefined;
      seen.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function without<Headers extends object>(headers: Headers, names: readonly string[] = []): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name))) as Headers;
}

function passOn(answer: IncomingMessage, outgoing: ServerResponse, { cutAfterBytes, corrupts }: Meddling): void {
  let passed = 0;
  answer.on("data", (piece: Buffer) => {
    if (corrupts && passed === 0 && piece.length > 0) piece[0] = (piece[0] ?? 0) ^ 1;
    const left = cutAfterBytes === undefined ? piece.length : cutAfterBytes - passed;
    passed += piece.length;
    if (left < piece.length) {
      answer.removeAllListeners("data");
      answer.removeAllListeners("end");
      outgoing.write(piece.subarray(0, Math.max(left, 0)), () => outgoing.destroy());
      return;
    }
    if (!outgoing.write(piece)) {
      answer.pause();
      outgoing.once("drain", () => answer.resume());
    }
  });
  answer.on("end", () => outgoing.end());
  answer.on("error", () => outgoing.destroy());
}
