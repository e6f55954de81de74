import { OciError } from "./errors.ts";
import { isLoopbackHost, toHostname } from "./hosts.ts";
import type { Transport, TransportResponse } from "./transport.ts";
import { toConnectionFault } from "./transport-faults.ts";

/** Whether a registry is asked over TLS or over plain HTTP: found out by the first request, and kept for the run. */
export interface RegistryAddress {
  /** As far as it is known. */
  readonly url: URL;
  /** Sends to where the registry is; `base` is the address that answered. Throws what `send` throws. */
  reach(send: (base: URL) => ReturnType<Transport["send"]>): Promise<{ response: TransportResponse; base: URL }>;
}

export interface RegistryAddressOptions {
  isPlainHttpAllowed(url: URL): boolean;
  /** What was sent before turned out to be no question to this registry: it speaks the other protocol. */
  onMisdirected(): void;
  /** A host that is not loopback turned out to be asked over plain HTTP. */
  onPlainHttp(): void;
}

type Send = Parameters<RegistryAddress["reach"]>[0];
type Outcome = { response: TransportResponse } | { fault: unknown };

/**
 * HTTPS alone, but for hosts that may be asked over plain HTTP:
 *
 * - Loopback is asked over plain HTTP, where nobody listens in; and where that is answered as servers with TLS answer it
 *   (400, a connection that breaks, a way to its own HTTPS address), over TLS, once.
 * - Hosts that were named are asked over TLS; plain HTTP follows where what answers does not speak TLS, or where
 *   no connection comes about (nobody at port 443, a proxy that makes no tunnel). A certificate that is not trusted and a
 *   handshake that breaks off are faults of TLS and lead to nothing weaker; and once TLS was spoken, it stays.
 */
export function createRegistryAddress(registry: string, options: RegistryAddressOptions): RegistryAddress {
  const tls = toAddress("https", registry);
  const plain = toAddress("http", registry);
  const isLoopback = isLoopbackHost(toHostname(plain));
  let settled = options.isPlainHttpAllowed(plain) ? undefined : tls;

  async function tryTlsFirst(send: Send): Promise<{ response: TransportResponse; base: URL }> {
    const first = await toOutcome(send(tls));
    if ("response" in first) {
      settled = tls;
      return { response: first.response, base: tls };
    }
    const kind = toConnectionFault(first.fault);
    // Another request may have been answered over TLS meanwhile.
    if (settled === tls || (kind !== "not-tls" && kind !== "no-connection")) throw first.fault;
    options.onMisdirected();
    const response = await send(plain);
    if (leadsTo(tls, response)) {
      response.discard();
      throw first.fault;
    }
    if (!settled) {
      settled = plain;
      options.onPlainHttp();
    }
    return { response, base: plain };
  }

  async function tryPlainFirst(send: Send): Promise<{ response: TransportResponse; base: URL }> {
    const first = await toOutcome(send(plain));
    if (!looksLikeTls(first)) return settle(first, plain);
    options.onMisdirected();
    const second = await toOutcome(send(tls));
    const kind = "fault" in second ? toConnectionFault(second.fault) : undefined;
    if ("response" in second || kind === "untrusted") {
      if ("response" in first) first.response.discard();
      settled = tls;
      return settle(second, tls);
    }
    // Nobody was there at all, or the caller left: the next request finds out.
    if (kind !== undefined && kind !== "no-connection") settled ??= plain;
    return settle(first, plain);
  }

  function settle(outcome: Outcome, base: URL): { response: TransportResponse; base: URL } {
    if ("fault" in outcome) throw outcome.fault;
    settled ??= base;
    return { response: outcome.response, base };
  }

  function looksLikeTls(outcome: Outcome): boolean {
    if ("response" in outcome) return outcome.response.status === 400 || leadsTo(tls, outcome.response);
    const kind = toConnectionFault(outcome.fault);
    return kind === "broken" || (kind === "no-connection" && (tls.port || "443") !== (plain.port || "80"));
  }

  return {
    get url() {
      return settled ?? (isLoopback ? plain : tls);
    },
    async reach(send) {
      if (settled) return { response: await send(settled), base: settled };
      return isLoopback ? tryPlainFirst(send) : tryTlsFirst(send);
    },
  };
}

/** Names that the grammar of references allows can be no addresses, or those of other hosts: `1.2.3` is 1.2.0.3. */
function toAddress(scheme: "http" | "https", registry: string): URL {
  const text = `${scheme}://${registry}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (registry.startsWith("[") || url.hostname === registry.replace(/:\d*$/, "").toLowerCase())) return url;
  throw new OciError(
    `${registry}: expected a registry's host name or address, with a port of at most 65535 where there is one, got ${url ? `what stands for ${url.host}` : "neither"}`,
    { code: "invalid-reference", subject: registry },
  );
}

async function toOutcome(sent: Promise<TransportResponse>): Promise<Outcome> {
  try {
    return { response: await sent };
  } catch (fault) {
    return { fault };
  }
}

/** Whether an answer sends on to this address. */
function leadsTo(address: URL, { status, header }: TransportResponse): boolean {
  const location = header("location") ?? "";
  return status >= 300 && status < 400 && URL.canParse(location) && new URL(location).origin === address.origin;
}
