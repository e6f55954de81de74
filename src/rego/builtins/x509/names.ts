import { RegoObject, type Value } from "../../value/index.ts";
import { parseUrl } from "../schema/formats.ts";
import { DerError, DerReader, readAll, readOid, readText, tags } from "./der.ts";

/** Go's fields of a name by the last arc of `2.5.4.x`; lists except for two. */
const nameFields: Readonly<Record<number, string>> = {
  3: "CommonName",
  5: "SerialNumber",
  6: "Country",
  7: "Locality",
  8: "Province",
  9: "StreetAddress",
  10: "Organization",
  11: "OrganizationalUnit",
  17: "PostalCode",
};

/** A distinguished name as Go's `pkix.Name`. */
export function readName(content: Buffer): RegoObject {
  const fields = new Map<string, Value>([["ExtraNames", null]]);
  for (const field of Object.values(nameFields)) {
    fields.set(field, field === "CommonName" || field === "SerialNumber" ? "" : null);
  }
  const names: Value[] = [];
  for (const relative of readAll(content)) {
    for (const attribute of readAll(relative.content)) {
      const reader = new DerReader(attribute.content);
      const type = readOid(reader.read(tags.oid).content);
      const text = readText(reader.read());
      names.push(RegoObject.from(Object.entries({ Type: type, Value: text })));
      const isKnown = type.length === 4 && type[0] === 2 && type[1] === 5 && type[2] === 4;
      const field = isKnown ? nameFields[type[3] ?? -1] : undefined;
      if (field === undefined) continue;
      const known = fields.get(field);
      fields.set(field, typeof known === "string" ? text : [...((known as Value[] | null) ?? []), text]);
    }
  }
  fields.set("Names", names.length === 0 ? null : names);
  return RegoObject.from(fields);
}

/** The names of a subject's or issuer's alternatives. */
export interface AlternativeNames {
  readonly dns: string[];
  readonly emails: string[];
  readonly ips: string[];
  readonly uris: string[];
}

export function readAlternativeNames(value: Buffer): AlternativeNames {
  const names: AlternativeNames = { dns: [], emails: [], ips: [], uris: [] };
  for (const { tag, content } of readAll(new DerReader(value).read(tags.sequence).content)) {
    const text = content.toString("latin1");
    if (tag === 0x81) names.emails.push(text);
    else if (tag === 0x82) names.dns.push(text);
    else if (tag === 0x86) names.uris.push(text);
    else if (tag === 0x87) names.ips.push(formatIp(content));
  }
  return names;
}

/** Go's `net.IP.String`. */
export function formatIp(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join(".");
  if (bytes.length !== 16) throw new DerError("expected an address of 4 or 16 bytes");
  if (bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff) {
    return [...bytes.subarray(12)].join(".");
  }
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const write = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  if (best.start < 0) return write(groups);
  return `${write(groups.slice(0, best.start))}::${write(groups.slice(best.start + best.length))}`;
}

/** A URI as Go's `url.URL`. */
export function toUrlValue(text: string): RegoObject {
  const parts = parseUrl(text);
  if (parts === undefined) throw new DerError(`cannot parse URI "${text}"`);
  const [beforeFragment = "", fragment = ""] = cut(text, "#");
  const [beforeQuery = "", query = ""] = cut(beforeFragment, "?");
  const rest = parts.scheme === "" ? beforeQuery : beforeQuery.slice(parts.scheme.length + 1);
  const hasAuthority = rest.startsWith("//");
  const [authority = "", tail] = hasAuthority ? cut(rest.slice(2), "/") : ["", undefined];
  const path = hasAuthority
    ? tail === undefined
      ? ""
      : `/${tail}`
    : rest.startsWith("/") || parts.scheme === ""
      ? rest
      : "";
  const at = authority.lastIndexOf("@");
  return RegoObject.from(
    Object.entries({
      Scheme: parts.scheme.toLowerCase(),
      Opaque: hasAuthority || path !== "" ? "" : rest,
      User: at < 0 ? null : RegoObject.empty,
      Host: authority.slice(at + 1),
      Path: decode(path),
      RawPath: encodeURI(decode(path)) === path ? "" : path,
      OmitHost: false,
      ForceQuery: beforeFragment.endsWith("?"),
      RawQuery: query,
      Fragment: decode(fragment),
      RawFragment: "",
    }),
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Bytes that are no UTF-8 stay as they are written.
    return text;
  }
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
