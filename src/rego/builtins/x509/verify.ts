import { verify as verifySignature } from "node:crypto";
import { isList, spend } from "../../value/index.ts";
import { toKeyObject } from "./keys.ts";
import { breaksConstraints } from "./name-constraints.ts";
import { readAlternativeNames } from "./names.ts";
import type { Certificate } from "./parse.ts";

export interface VerifyOptions {
  readonly nowNs: bigint;
  /** A host name or address that the leaf must be for; empty for any. */
  readonly dnsName: string;
  /** Go's numbers of extended key usages, of which the chain must allow one; 0 is any. */
  readonly keyUsages: readonly number[];
}

const anyUsage = 0;
const maxSignatureChecks = 100;
const certificateSign = 32;

function number(certificate: Certificate, field: string): number {
  const value = certificate.value.get(field);
  return typeof value === "number" ? value : 0;
}

function isSet(certificate: Certificate, field: string): boolean {
  return certificate.value.get(field) === true;
}

function isCurrent(certificate: Certificate, nowNs: bigint): boolean {
  const toNs = (field: string): bigint => BigInt(Date.parse(String(certificate.value.get(field)))) * 1_000_000n;
  return nowNs >= toNs("NotBefore") && nowNs <= toNs("NotAfter");
}

/**
 * The first chain from the leaf to the root, or undefined: the first certificate is the root, the last one the leaf, those
 * between are intermediates (Go's `x509.Certificate.Verify`, RFC 5280, 6).
 */
export function findChain(certificates: readonly Certificate[], options: VerifyOptions): Certificate[] | undefined {
  const root = certificates[0];
  const leaf = certificates[certificates.length - 1];
  if (root === undefined || leaf === undefined || certificates.length < 2) return undefined;
  if (!isAcceptable(leaf, "leaf", [], options)) return undefined;
  if (options.dnsName !== "" && !isForHost(leaf, options.dnsName)) return undefined;
  const search = new ChainSearch(root, certificates.slice(1, -1), options);
  const chains = leaf.raw.equals(root.raw) ? [[leaf]] : search.findFrom([leaf]);
  if (options.keyUsages.includes(anyUsage)) return chains[0];
  return chains.find((chain) => allowsUsage(chain, options.keyUsages));
}

class ChainSearch {
  readonly #root: Certificate;
  readonly #intermediates: readonly Certificate[];
  readonly #options: VerifyOptions;
  #checks = 0;

  constructor(root: Certificate, intermediates: readonly Certificate[], options: VerifyOptions) {
    this.#root = root;
    this.#intermediates = intermediates;
    this.#options = options;
  }

  findFrom(chain: readonly Certificate[]): Certificate[][] {
    const child = chain[chain.length - 1];
    if (child === undefined) return [];
    const found: Certificate[][] = [];
    if (this.#isParent(this.#root, child, chain, "root")) found.push([...chain, this.#root]);
    for (const candidate of this.#intermediates) {
      if (!this.#isParent(candidate, child, chain, "intermediate")) continue;
      found.push(...this.findFrom([...chain, candidate]));
    }
    return found;
  }

  #isParent(
    parent: Certificate,
    child: Certificate,
    chain: readonly Certificate[],
    kind: "root" | "intermediate",
  ): boolean {
    spend(1 + (child.issuer.length >> 8));
    if (!parent.subject.equals(child.issuer)) return false;
    spend(chain.length * (1 + (parent.publicKeyInfo.length >> 6)));
    const isInChain = chain.some(
      ({ subject, publicKeyInfo }) => subject.equals(parent.subject) && publicKeyInfo.equals(parent.publicKeyInfo),
    );
    this.#checks += 1;
    if (isInChain || this.#checks > maxSignatureChecks || !isSignedBy(child, parent)) return false;
    return isAcceptable(parent, kind, chain, this.#options);
  }
}

/** Go's numbers of the algorithms that may sign, with Node's names of their hashes; MD5 and SHA-1 are missing on purpose. */
const hashes: Readonly<Record<number, string>> = {
  4: "sha256",
  5: "sha384",
  6: "sha512",
  10: "sha256",
  11: "sha384",
  12: "sha512",
  13: "sha256",
  14: "sha384",
  15: "sha512",
};
const ed25519 = 16;

function isSignedBy(child: Certificate, parent: Certificate): boolean {
  const hasConstraints = isSet(parent, "BasicConstraintsValid");
  if (number(parent, "Version") === 3 && !hasConstraints) return false;
  if (hasConstraints && !isSet(parent, "IsCA")) return false;
  const usage = number(parent, "KeyUsage");
  if (usage !== 0 && (usage & certificateSign) === 0) return false;
  const algorithm = child.signatureAlgorithm;
  // As much as a signature of RSA takes, and its text.
  spend(5_000 + (child.tbs.length >> 4));
  const hash = algorithm === ed25519 ? null : hashes[algorithm];
  if (hash === undefined) return false;
  try {
    const key = toKeyObject(parent.publicKeyInfo);
    const kinds = algorithm === ed25519 ? "ed25519" : algorithm >= 10 && algorithm <= 12 ? "ec" : "rsa";
    if (key.asymmetricKeyType !== kinds) return false;
    const isPss = algorithm >= 13 && algorithm <= 15;
    return verifySignature(hash, child.tbs, isPss ? { key, padding: 6, saltLength: -1 } : key, child.signature);
  } catch {
    // A key that cannot be read signs nothing.
    return false;
  }
}

function isAcceptable(
  certificate: Certificate,
  kind: "leaf" | "intermediate" | "root",
  chain: readonly Certificate[],
  { nowNs }: VerifyOptions,
): boolean {
  if (certificate.value.get("UnhandledCriticalExtensions") !== null) return false;
  if (!isCurrent(certificate, nowNs)) return false;
  if (kind === "leaf") return true;
  if (chain.some((child) => breaksConstraints(certificate.value, child))) return false;
  if (kind === "intermediate" && !(isSet(certificate, "BasicConstraintsValid") && isSet(certificate, "IsCA")))
    return false;
  const pathLength = number(certificate, "MaxPathLen");
  return !isSet(certificate, "BasicConstraintsValid") || pathLength < 0 || chain.length - 1 <= pathLength;
}

/** Whether one of the usages is allowed by every certificate that restricts them. */
function allowsUsage(chain: readonly Certificate[], usages: readonly number[]): boolean {
  return usages.some((usage) =>
    chain.every(({ value }) => {
      const allowed = value.get("ExtKeyUsage") ?? null;
      if (allowed === null) return value.get("UnknownExtKeyUsage") === null;
      return isList(allowed) && (allowed.includes(anyUsage) || allowed.includes(usage));
    }),
  );
}

function alternatives(certificate: Certificate): ReturnType<typeof readAlternativeNames> | undefined {
  const extension = certificate.extensions.find(({ oid }) => oid.join(".") === "2.5.29.17");
  return extension === undefined ? undefined : readAlternativeNames(extension.value);
}

function isForHost(certificate: Certificate, host: string): boolean {
  const names = alternatives(certificate);
  if (names === undefined) return false;
  const address = /^\[(.*)\]$/.exec(host)?.[1] ?? host;
  if (/^[\d.]+$|:/.test(address)) return names.ips.includes(address);
  spend(names.dns.length * 4);
  return names.dns.some((pattern) => fitsHost(pattern.toLowerCase(), host.toLowerCase().replace(/\.$/, "")));
}

/** A star stands for the whole first label. */
function fitsHost(pattern: string, host: string): boolean {
  const [patternLabels, hostLabels] = [pattern.split("."), host.split(".")];
  if (patternLabels.length !== hostLabels.length || hostLabels.includes("")) return false;
  return patternLabels.every((label, index) => (index === 0 && label === "*") || label === hostLabels[index]);
}
