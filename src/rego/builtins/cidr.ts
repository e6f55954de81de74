import { isIPv4, isIPv6 } from "node:net";
import { isList, RegoSet, SetBuilder, spend, type Value } from "../value/index.ts";
import { assertResultSize, type BuiltinTable, toFailure } from "./builtin.ts";
import { anyOperand, isObject, isSet, stringOperand, toItems } from "./operands.ts";
import { formatIp } from "./x509/names.ts";

/** An address; one of IPv4 that is written as IPv6 counts as IPv4. */
interface Address {
  readonly value: bigint;
  readonly bits: 32 | 128;
}

interface Network extends Address {
  readonly prefix: number;
}

const mappedPrefix = 0xffffn << 32n;

function normalize(value: bigint, bits: 32 | 128): Address {
  const isMapped = bits === 128 && value >> 32n === 0xffffn;
  return isMapped ? { value: value - mappedPrefix, bits: 32 } : { value, bits };
}

function parseIp(text: string): Address | undefined {
  if (isIPv4(text)) {
    const value = text.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
    return { value, bits: 32 };
  }
  if (!isIPv6(text) || text.includes("%")) return undefined;
  return normalize(parseIpv6(text), 128);
}

function parseIpv6(text: string): bigint {
  // An IPv4 address at the end stands for two groups.
  const hex = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const group = (high: string, low: string) => (Number(high) * 256 + Number(low)).toString(16);
    return `${group(a, b)}:${group(c, d)}`;
  });
  const [head = "", tail] = hex.split("::");
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const after = groups(tail ?? "");
  const before = groups(head);
  const missing = tail === undefined ? 0 : 8 - before.length - after.length;
  const all = [...before, ...Array.from({ length: missing }, () => "0"), ...after];
  return all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

function mask(bits: number, prefix: number): bigint {
  const host = BigInt(bits - prefix);
  return ((1n << BigInt(bits)) - 1n) ^ ((1n << host) - 1n);
}

/** The network of `address/length`, without its host part. */
function parseCidr(text: string): Network | undefined {
  const slash = text.indexOf("/");
  const ip = slash < 0 ? undefined : text.slice(0, slash);
  const length = text.slice(slash + 1);
  if (ip === undefined || !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = Number(length);
  if (isIPv4(ip)) {
    const address = parseIp(ip);
    if (address === undefined || prefix > 32 || String(prefix) !== length.replace(/^0+(?=\d)/, "")) return undefined;
    return { value: address.value & mask(32, prefix), bits: 32, prefix };
  }
  if (!isIPv6(ip) || ip.includes("%") || prefix > 128) return undefined;
  const masked = normalize(parseIpv6(ip) & mask(128, prefix), 128);
  return { ...masked, prefix: masked.bits === 32 ? Math.max(prefix - 96, 0) : prefix };
}

function networkOf(text: string): Network {
  const network = parseCidr(text);
  if (network === undefined) throw toFailure(`invalid CIDR address: ${text}`);
  return network;
}

function containsAddress(network: Network, address: Address): boolean {
  return network.bits === address.bits && (address.value & mask(network.bits, network.prefix)) === network.value;
}

function lastOf(network: Network): Address {
  return { bits: network.bits, value: network.value | ((1n << BigInt(network.bits - network.prefix)) - 1n) };
}

function containsText(network: Network, text: string): boolean {
  const address = parseIp(text);
  if (address !== undefined) return containsAddress(network, address);
  const other = parseCidr(text);
  if (other === undefined) {
    throw toFailure(`not a valid textual representation of an IP address or CIDR: ${text}`);
  }
  return containsAddress(network, other) && containsAddress(network, lastOf(other));
}

function contains(args: readonly Value[]): Value {
  const network = operandCidr(args, 1);
  return containsText(network, stringOperand([anyOperand(args, 2)], 1));
}

/** OPA's messages name operand 1 for both. */
function operandCidr(args: readonly Value[], position: number): Network {
  return networkOf(stringOperand([anyOperand(args, position)], 1));
}

function intersects(args: readonly Value[]): Value {
  const a = operandCidr(args, 1);
  const b = operandCidr(args, 2);
  return containsAddress(a, b) || containsAddress(b, a);
}

/** The texts of an operand and what stands for each in the result: its index, key, or itself. */
function labelled(args: readonly Value[], position: number): (readonly [text: Value, label: Value])[] {
  const value = anyOperand(args, position);
  if (typeof value === "string") return [[value, value]];
  const pairs: (readonly [Value, Value])[] = isList(value)
    ? value.map((item, index) => [item, index] as const)
    : isSet(value)
      ? value.values().map((item) => [item, item] as const)
      : isObject(value)
        ? value.entries().map(([key, item]) => [item, key] as const)
        : [];
  return pairs.map(([item, label]) => {
    const text = isList(item) ? item[0] : item;
    if (text === undefined || (!isList(item) && typeof item !== "string")) {
      throw toFailure(`operand ${position}: element must be string or non-empty array`);
    }
    return [text, label] as const;
  });
}

function containsMatches(args: readonly Value[]): Value {
  const matches = new SetBuilder();
  const networks = labelled(args, 1);
  // Without a network nothing looks at the others.
  if (networks.length === 0) return matches.build();
  const others = labelled(args, 2);
  assertResultSize(networks.length * others.length);
  for (const [cidr, label] of networks) {
    for (const [text, otherLabel] of others) {
      spend(30);
      if (contains([cidr, text]) === true) matches.add([label, otherLabel]);
    }
  }
  return matches.build();
}

function format({ value, bits }: Address): string {
  return formatIp(Buffer.from(value.toString(16).padStart(bits / 4, "0"), "hex"));
}

const maxExpanded = 1 << 20;

function expand(args: readonly Value[]): Value {
  const network = networkOf(stringOperand(args, 1));
  const size = 1n << BigInt(network.bits - network.prefix);
  if (size > BigInt(maxExpanded)) assertResultSize(Number.MAX_SAFE_INTEGER);
  const addresses = new SetBuilder();
  for (let index = 0n; index < size; index += 1n) {
    spend(20);
    addresses.add(format({ value: network.value + index, bits: network.bits }));
  }
  return addresses.build();
}

/** Addresses as numbers of 128 bits, those of IPv4 as they are written in IPv6. */
interface Range {
  readonly first: bigint;
  readonly last: bigint;
  /** Kept as it was written while the range is not merged with another. */
  readonly text: string | undefined;
}

/** A network, or an IPv4 address, which has the mask of its class. */
function toRange(item: Value): Range {
  if (typeof item !== "string") throw toFailure("element must be string");
  spend(20);
  const address = parseIp(item);
  if (address === undefined) {
    const network = networkOf(item);
    return spanOf(network, `${format(network)}/${network.prefix}`);
  }
  if (address.bits !== 32) throw toFailure("IPv6 invalid: needs prefix length");
  const firstByte = address.value >> 24n;
  const prefix = firstByte < 0x80n ? 8 : firstByte < 0xc0n ? 16 : 24;
  return spanOf({ value: address.value & mask(32, prefix), bits: 32, prefix }, `${format(address)}/${prefix}`);
}

function spanOf(network: Network, text: string): Range {
  const offset = network.bits === 32 ? mappedPrefix : 0n;
  return { first: network.value + offset, last: lastOf(network).value + offset, text };
}

/** The fewest networks that cover a range. */
function cover({ first, last, text }: Range): string[] {
  if (text !== undefined) return [text];
  const { bits, value } = normalize(first, 128);
  const end = value + last - first;
  const networks: string[] = [];
  for (let start = value; start <= end; ) {
    let host = 0;
    while (host < bits) {
      const size = 1n << BigInt(host + 1);
      if (start % size !== 0n || start + size - 1n > end) break;
      host += 1;
    }
    spend(40);
    networks.push(`${format({ value: start, bits })}/${bits - host}`);
    start += 1n << BigInt(host);
  }
  return networks;
}

function compareRanges(a: Range, b: Range): number {
  if (a.last !== b.last) return a.last < b.last ? -1 : 1;
  return a.first < b.first ? -1 : a.first > b.first ? 1 : 0;
}

function merge(args: readonly Value[]): Value {
  const items = toItems(anyOperand(args, 1));
  if (items === undefined) throw toFailure("operand must be an array");
  const ranges = items.map(toRange).sort(compareRanges);
  for (let index = ranges.length - 1; index > 0; index -= 1) {
    const [before, range] = [ranges[index - 1], ranges[index]];
    if (before === undefined || range === undefined || range.first > before.last + 1n) continue;
    const first = before.first < range.first ? before.first : range.first;
    spend(4 + (ranges.length >> 6));
    ranges.splice(index - 1, 2, { first, last: range.last, text: undefined });
  }
  return RegoSet.from(ranges.flatMap(cover));
}

function isValid(args: readonly Value[]): Value {
  const text = anyOperand(args, 1);
  return typeof text === "string" && parseCidr(text) !== undefined;
}

export const cidr: BuiltinTable = {
  "net.cidr_contains": contains,
  "net.cidr_overlap": contains,
  "net.cidr_contains_matches": containsMatches,
  "net.cidr_intersects": intersects,
  "net.cidr_expand": expand,
  "net.cidr_merge": merge,
  "net.cidr_is_valid": isValid,
};
