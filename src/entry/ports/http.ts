import { request, setGlobalDispatcher } from "undici";
import type { HttpPort } from "../../policy/index.ts";
import { toErrorMessage } from "../../types/index.ts";
import { EntryError } from "../errors.ts";
import { createProxyAgent, type ProxyAgentOptions } from "./proxy-agent.ts";

const maxRedirects = 5;
const timeoutMs = 30_000;

/**
 * Lets Node's own `fetch`, which the TUF client uses, go through the same proxies and trust the same certificates.
 */
export function routeFetch(options: ProxyAgentOptions): void {
  setGlobalDispatcher(createProxyAgent(options));
}

/** Downloads over HTTPS, through a proxy where there is one. Redirects are followed, never to plain HTTP. */
export function createHttpPort(options: ProxyAgentOptions & { version: string }): HttpPort {
  const dispatcher = createProxyAgent(options);
  return {
    async get(url, { maxBytes, signal }) {
      let address = new URL(url);
      for (let hop = 0; hop <= maxRedirects; hop += 1) {
        const response = await send(address, signal);
        const location = response.headers.location;
        if (response.statusCode >= 300 && response.statusCode < 400 && typeof location === "string") {
          await response.body.dump();
          const next = new URL(location, address);
          if (next.protocol !== "https:") throw toInsecure(address);
          address = next;
          continue;
        }
        if (response.statusCode !== 200) {
          await response.body.dump();
          throw toStatusFault(address, response.statusCode);
        }
        return await readBody(address, response.body, maxBytes);
      }
      throw new EntryError(`${toSubject(address)} redirected more than ${maxRedirects} times`, {
        code: "http-failed",
        subject: toSubject(address),
      });
    },
  };

  async function send(address: URL, signal?: AbortSignal) {
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      return await request(address, {
        dispatcher,
        headers: { "user-agent": `sealcheck/${options.version}` },
        signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw toHttpFault(address, error);
    }
  }
}

async function readBody(address: URL, body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw toHttpFault(address, error);
  }
  if (size > maxBytes) {
    throw new EntryError(`${toSubject(address)} is larger than ${maxBytes} bytes`, {
      code: "http-too-large",
      subject: toSubject(address),
    });
  }
  return Buffer.concat(chunks);
}

/** The address as it may be shown: queries and user information can be secrets. */
function toSubject(address: URL): string {
  return `${address.protocol}//${address.host}${address.pathname}`;
}

function toHttpFault(address: URL, error: unknown): EntryError {
  return new EntryError(`${toSubject(address)} could not be fetched: ${toErrorMessage(error)}`, {
    code: "http-failed",
    subject: toSubject(address),
    retryable: true,
    cause: error,
  });
}

function toStatusFault(address: URL, status: number): EntryError {
  return new EntryError(`${toSubject(address)} answered ${status} where 200 was expected`, {
    code: "http-status",
    subject: toSubject(address),
    retryable: status === 408 || status === 429 || status >= 500,
  });
}

function toInsecure(address: URL): EntryError {
  return new EntryError(`${toSubject(address)} redirects to plain HTTP, which is not followed`, {
    code: "insecure-redirect",
    subject: toSubject(address),
  });
}
