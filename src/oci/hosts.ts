import { BlockList, isIP } from "node:net";

const privateRanges: readonly (readonly [string, number, "ipv4" | "ipv6"])[] = [
  ["0.0.0.0", 8, "ipv4"],
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["::", 127, "ipv6"],
  ["fc00::", 7, "ipv6"],
  ["fe80::", 10, "ipv6"],
];

const privateAddresses = toBlockList(privateRanges);
const loopbackAddresses = toBlockList([
  ["127.0.0.0", 8, "ipv4"],
  ["::1", 128, "ipv6"],
]);

function toBlockList(ranges: typeof privateRanges): BlockList {
  const list = new BlockList();
  for (const [address, prefix, family] of ranges) list.addSubnet(address, prefix, family);
  return list;
}

/** A URL's host name, lower-case, without brackets around an IPv6 address and the dot that a whole name may end with. */
export function toHostname(url: URL): string {
  return url.hostname.toLowerCase().replace(/^\[|\]$|\.$/g, "");
}

function isListed(list: BlockList, hostname: string): boolean {
  const family = isIP(hostname);
  return family !== 0 && list.check(hostname, family === 6 ? "ipv6" : "ipv4");
}

/** `localhost`, `*.localhost` (RFC 6761), 127.0.0.0/8 and ::1. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || isListed(loopbackAddresses, hostname);
}

/** Loopback names and literal addresses that are no part of the public internet. Names are not looked up. */
export function isPrivateHost(hostname: string): boolean {
  return isLoopbackHost(hostname) || isListed(privateAddresses, hostname);
}

/**
 * Whether two host names belong to one site: they share their last two labels, three under suffixes such as `co.uk`.
 * Addresses and names of one label are sites of their own.
 */
export function isSameSite(one: string, other: string): boolean {
  if (one === other) return true;
  const site = toSite(one);
  return site !== undefined && site === toSite(other);
}

function toSite(hostname: string): string | undefined {
  if (isIP(hostname) !== 0) return undefined;
  const labels = hostname.split(".");
  const isCountry = labels.at(-1)?.length === 2;
  const hasCountrySuffix =
    isCountry && /^(?:com?|org|net|gov|gob|ac|edu|nom?|ne|or|go|gr|ltd|plc|me)$/.test(labels.at(-2) ?? "");
  const count = hasCountrySuffix ? 3 : 2;
  return labels.length < count ? undefined : labels.slice(-count).join(".");
}

/** Which hosts may be asked over plain HTTP: loopback, and those that were named (`host` or `host:port`). */
export function createPlainHttpRule(insecureRegistries: readonly string[]): (url: URL) => boolean {
  const named = new Set(insecureRegistries.map((name) => name.toLowerCase()));
  return (url) => {
    const port = url.port || (url.protocol === "http:" ? "80" : "443");
    const host = url.hostname.toLowerCase();
    return isLoopbackHost(toHostname(url)) || named.has(host) || named.has(`${host}:${port}`);
  };
}
