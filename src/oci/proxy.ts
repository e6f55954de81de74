import { BlockList, isIP } from "node:net";
import { OciError } from "./errors.ts";
import { isLoopbackHost, toHostname } from "./hosts.ts";
import type { ProxySettings } from "./registry-client.ts";

/**
 * Which proxy to ask for a URL, as Go's programs read `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`: loopback is never
 * proxied; entries are hosts (with their subdomains), `.domain` and `*.domain` (subdomains only), addresses, each with
 * an optional port; CIDR ranges; or `*`. Besides commas, blanks part them.
 *
 * The rule throws OciError `unavailable` where the proxy's own address is none.
 */
export function createProxyRule(settings: ProxySettings): (url: URL) => URL | undefined {
  const exceptions = (settings.noProxy ?? "")
    .split(/[,\s]+/)
    .filter((entry) => entry !== "")
    .map((entry) => toException(entry.toLowerCase()));
  return (url) => {
    const proxy = url.protocol === "https:" ? settings.https : settings.http;
    if (proxy === undefined || proxy === "") return undefined;
    const hostname = toHostname(url);
    if (isLoopbackHost(hostname)) return undefined;
    const port = url.port || (url.protocol === "https:" ? "443" : "80");
    return exceptions.some((isException) => isException(hostname, port)) ? undefined : toProxyUrl(proxy);
  };
}

function toProxyUrl(proxy: string): URL {
  const text = proxy.includes("://") ? proxy : `http://${proxy}`;
  if (URL.canParse(text)) return new URL(text);
  throw new OciError("HTTP_PROXY or HTTPS_PROXY is no address: expected http://host:port", { code: "unavailable" });
}

type Exception = (hostname: string, port: string) => boolean;

function toException(entry: string): Exception {
  if (entry === "*") return () => true;
  const range = /^([0-9a-f:.]+)\/(\d{1,3})$/.exec(entry);
  if (range) return toRangeException(range[1] ?? "", Number(range[2]));
  const split = isIP(entry) === 6 ? null : /^(?:\[([^\]]+)\](?=:)|([^:[\]]+))(?::(\d*))?$/.exec(entry);
  const host = split?.[1] ?? split?.[2] ?? entry;
  const port = split?.[3] || undefined;
  if (isIP(host) !== 0) {
    const isAddress = toRangeException(host, isIP(host) === 6 ? 128 : 32);
    return (hostname, asked) => (port === undefined || port === asked) && isAddress(hostname, asked);
  }
  const suffix = host.startsWith("*.") ? host.slice(1) : host.startsWith(".") ? host : `.${host}`;
  const isExact = !host.startsWith(".") && !host.startsWith("*.");
  return (hostname, asked) =>
    isIP(hostname) === 0 &&
    (port === undefined || port === asked) &&
    ((isExact && hostname === host) || hostname.endsWith(suffix));
}

function toRangeException(address: string, prefix: number): Exception {
  const family = isIP(address);
  if (family === 0 || prefix > (family === 4 ? 32 : 128)) return () => false;
  const list = new BlockList();
  list.addSubnet(address, prefix, family === 6 ? "ipv6" : "ipv4");
  return (hostname) => {
    const asked = isIP(hostname);
    return asked !== 0 && list.check(hostname, asked === 6 ? "ipv6" : "ipv4");
  };
}
