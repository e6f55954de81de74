import { isList, type RegoObject, spend } from "../../value/index.ts";
import { isObject } from "../operands.ts";
import { parseUrl } from "../schema/formats.ts";
import { readAlternativeNames } from "./names.ts";
import type { Certificate } from "./parse.ts";

type Fits = (name: string, constraint: string) => boolean;

/** A domain and what is below it; with a leading dot only what is below. */
const fitsDomain: Fits = (name, constraint) => {
  const [host, domain] = [name.toLowerCase().replace(/\.$/, ""), constraint.toLowerCase()];
  if (domain === "") return true;
  return domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
};

/** A mailbox, a host, or with a leading dot the hosts below a domain (RFC 5280, 4.2.1.10). */
const fitsEmail: Fits = (name, constraint) => {
  if (constraint.includes("@")) return name.toLowerCase() === constraint.toLowerCase();
  const host = name.slice(name.lastIndexOf("@") + 1).toLowerCase();
  return constraint.startsWith(".") ? host.endsWith(constraint.toLowerCase()) : host === constraint.toLowerCase();
};

const fitsUri: Fits = (name, constraint) => {
  const parts = parseUrl(name);
  const host = /^[^:]+:\/\/(?:[^/@]*@)?([^/:?#]+)/.exec(name)?.[1] ?? "";
  if (parts === undefined || host === "" || /^[\d.]+$|^\[/.test(host)) return false;
  return constraint.startsWith(".")
    ? host.toLowerCase().endsWith(constraint.toLowerCase())
    : host.toLowerCase() === constraint.toLowerCase();
};

function toBits(address: string): string {
  if (address.includes(":")) {
    const [head = "", tail] = address.split("::");
    const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
    const after = groups(tail ?? "");
    const before = groups(head);
    const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
    const all = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
    return all.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0")).join("");
  }
  return address
    .split(".")
    .map((part) => Number(part).toString(2).padStart(8, "0"))
    .join("");
}

/** The constraint is `address/mask in base64`. */
const fitsRange: Fits = (name, constraint) => {
  const [network = "", mask = ""] = constraint.split("|");
  const maskBits = [...Buffer.from(mask, "base64")].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const [nameBits, networkBits] = [toBits(name), toBits(network)];
  if (nameBits.length !== networkBits.length || maskBits.length !== networkBits.length) return false;
  return [...maskBits].every((bit, index) => bit === "0" || nameBits[index] === networkBits[index]);
};

function constraintsOf(issuer: RegoObject, field: string): readonly string[] {
  const value = issuer.get(field) ?? null;
  if (!isList(value)) return [];
  return value.map((item) => (isObject(item) ? `${String(item.get("IP"))}|${String(item.get("Mask"))}` : String(item)));
}

function isRefused(issuer: RegoObject, names: readonly string[], field: string, fits: Fits): boolean {
  const permitted = constraintsOf(issuer, `Permitted${field}`);
  const excluded = constraintsOf(issuer, `Excluded${field}`);
  return names.some((name) => {
    spend((1 + (name.length >> 4)) * (1 + excluded.length + permitted.length) * (fits === fitsRange ? 64 : 8));
    return (
      excluded.some((constraint) => fits(name, constraint)) ||
      (permitted.length > 0 && !permitted.some((constraint) => fits(name, constraint)))
    );
  });
}

/** Whether a certificate has a name that its issuer's constraints do not allow. */
export function breaksConstraints(issuer: RegoObject, certificate: Certificate): boolean {
  const extension = certificate.extensions.find(({ oid }) => oid.join(".") === "2.5.29.17");
  if (extension === undefined) return false;
  const names = readAlternativeNames(extension.value);
  return (
    isRefused(issuer, names.dns, "DNSDomains", fitsDomain) ||
    isRefused(issuer, names.emails, "EmailAddresses", fitsEmail) ||
    isRefused(issuer, names.uris, "URIDomains", fitsUri) ||
    isRefused(issuer, names.ips, "IPRanges", fitsRange)
  );
}
