import { isIPv4, isIPv6 } from "node:net";
import { isValidPattern } from "../pattern/pattern.ts";
import { parseTime } from "../time/parse.ts";

const dateTimeLayouts = [
  "15:04:05",
  "15:04:05Z07:00",
  "2006-01-02",
  "2006-01-02T15:04:05Z07:00",
  "2006-01-02T15:04:05.999999999Z07:00",
];

function fitsLayout(layouts: readonly string[]): (text: string) => boolean {
  return (text) =>
    layouts.some((layout) => {
      try {
        parseTime(layout, text);
        return true;
      } catch {
        // Another layout may fit.
        return false;
      }
    });
}

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\uffff-]+";
const local = `(?:${atom}(?:\\.${atom})*|"(?:[^"\\\\\\r\\n]|\\\\.)*")`;
const domain = `(?:${atom}(?:\\.${atom})*|\\[[^\\]\\[\\\\]*\\])`;
const address = new RegExp(`^\\s*(?:${local}@${domain}|[^<>@,;:]*<${local}@${domain}>)\\s*$`, "s");

interface UrlParts {
  readonly scheme: string;
  readonly path: string;
}

const isEscaped = (text: string): boolean => !/%(?![0-9a-fA-F]{2})/.test(text);

/** What Go's `url.Parse` accepts. */
export function parseUrl(text: string): UrlParts | undefined {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return undefined;
  }
  const hash = text.indexOf("#");
  if (hash >= 0 && !isEscaped(text.slice(hash + 1))) return undefined;
  const whole = hash < 0 ? text : text.slice(0, hash);
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(whole);
  if (match === null && whole.startsWith(":")) return undefined;
  const scheme = match?.[1] ?? "";
  const rest = (match === null ? whole : whole.slice(match[0].length)).replace(/\?.*$/s, "");
  if (!rest.startsWith("/")) {
    if (scheme !== "") return { scheme, path: "" };
    return rest.split("/")[0]?.includes(":") || !isEscaped(rest) ? undefined : { scheme, path: rest };
  }
  if (!rest.startsWith("//") || (scheme === "" && rest.startsWith("///"))) {
    return isEscaped(rest) ? { scheme, path: rest } : undefined;
  }
  const slash = rest.indexOf("/", 2);
  const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
  const path = slash < 0 ? "" : rest.slice(slash);
  return isAuthority(authority) && isEscaped(path) ? { scheme, path } : undefined;
}

function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf("@");
  const user = at < 0 ? "" : authority.slice(0, at);
  const host = authority.slice(at + 1);
  if (!/^[A-Za-z0-9._:~!$&'()*+,;=%@-]*$/.test(user) || !isEscaped(user)) return false;
  if (host.startsWith("[")) return /^\[[^\]\s]*\](?::\d*)?$/.test(host);
  return !/[\s%/?@\\^`{|}]/.test(host) && !/:(?!\d*$)/.test(host.slice(Math.max(host.lastIndexOf(":"), 0)));
}

function isUri(text: string): boolean {
  const parts = parseUrl(text);
  return parts !== undefined && parts.scheme !== "" && !text.includes("\\");
}

function isUriReference(text: string): boolean {
  return parseUrl(text) !== undefined && !text.includes("\\");
}

/** Every opening brace is closed before the next one is... as the parts between braces show. */
function isUriTemplate(text: string): boolean {
  const parts = parseUrl(text);
  if (parts === undefined || text.includes("\\")) return false;
  return !parts.path.replace(/\{[^}]*\}/g, "").includes("{");
}

const label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
const hostname = new RegExp(`^${label}(?:\\.${label})*$`);
const uuid = /^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/i;
const pointer = /^(?:\/(?:[^~/]|~[01])*)*$/;
const relativePointer = /^(?:0|[1-9]\d*)(?:#|(?:\/(?:[^~/]|~[01])*)*)$/;

const isAddress = (text: string): boolean => text.length < 10_000 && address.test(text);
const isIp = (text: string): boolean => isIPv4(text) || (isIPv6(text) && !text.includes("%"));

/** Formats that are checked; others always fit. */
export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  date: fitsLayout(["2006-01-02"]),
  time: fitsLayout(["15:04:05Z07:00", "15:04:05"]),
  "date-time": fitsLayout(dateTimeLayouts),
  hostname: (text) => text.length < 256 && hostname.test(text),
  email: isAddress,
  "idn-email": isAddress,
  ipv4: (text) => isIp(text) && text.includes("."),
  ipv6: (text) => isIp(text) && text.includes(":"),
  uri: isUri,
  "uri-reference": isUriReference,
  iri: isUri,
  "iri-reference": isUriReference,
  "uri-template": isUriTemplate,
  uuid: (text) => uuid.test(text),
  regex: (text) => text === "" || isValidPattern(text),
  "json-pointer": (text) => pointer.test(text),
  "relative-json-pointer": (text) => relativePointer.test(text),
};
