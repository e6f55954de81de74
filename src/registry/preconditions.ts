import type { IncomingHttpHeaders } from "node:http";
import type { ContentDigest } from "./content-digest.ts";
import { RegistryError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";

/** The entity tag of what has this digest. */
export function toEtag(digest: ContentDigest): string {
  return `"${digest}"`;
}

/**
 * Evaluates `If-Match` and `If-None-Match` against what is there now (RFC 9110, 13.2.2). True where a reading client has
 * the same already, and is answered 304.
 * @throws RegistryError `PRECONDITION_FAILED` (412): what is there is not what the client has seen
 */
export function isKnownToClient(exchange: Exchange, current: ContentDigest | undefined): boolean {
  const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = exchange.headers;
  if (ifMatch !== undefined && !names(ifMatch, current, "strong")) throw createRefusal("If-Match", ifMatch, current);
  if (ifNoneMatch === undefined || !names(ifNoneMatch, current, "weak")) return false;
  if (exchange.method === "GET" || exchange.method === "HEAD") return true;
  throw createRefusal("If-None-Match", ifNoneMatch, current);
}

/** Whether a range may be answered with: not where `If-Range` says that the client has the beginning of something else. */
export function mayAnswerRange(headers: IncomingHttpHeaders, current: ContentDigest): boolean {
  const ifRange = headers["if-range"];
  return ifRange === undefined || ifRange === toEtag(current);
}

/** Whether a list of entity tags names what is there. Digests contain no commas; a digest without its quotes will do. */
function names(list: string, current: ContentDigest | undefined, comparison: "strong" | "weak"): boolean {
  if (current === undefined) return false;
  const tags = list.split(",").map((tag) => tag.trim());
  return tags.some((tag) => {
    const bare = comparison === "weak" ? tag.replace(/^W\//, "") : tag;
    return bare === "*" || bare === toEtag(current) || bare === current;
  });
}

function createRefusal(header: string, value: string, current: ContentDigest | undefined): RegistryError {
  const came = current ?? "nothing";
  return new RegistryError(
    `expected what ${header}: ${value.slice(0, 300)} says, ${came} is there; read it again, then decide`,
    {
      code: "PRECONDITION_FAILED",
      status: 412,
      ...(current === undefined ? {} : { headers: { etag: toEtag(current) } }),
    },
  );
}
