import { OciError } from "./errors.ts";
import type { TransportResponse } from "./transport.ts";

const maxLinkLength = 8192;
/** `rel` may name several relations. */
const nextLink = /<([^>]*)>\s*;[^,]*\brel\s*=\s*(?:"(?:[^",]*\s)?next(?:\s[^",]*)?"|next(?![\w-]))/i;

/**
 * The path and query of the next page (RFC 8288, `rel="next"`), asked of the same registry whatever host the link
 * names; undefined on the last page. Throws OciError `invalid-response` for another list's path, and one outside the registry's own.
 */
export function parseNextPage(response: TransportResponse, path: string, subject: string): string | undefined {
  const link = response.headers("link").join(", ");
  if (link.length > maxLinkLength) {
    throw new OciError(`${subject}: expected links of at most ${maxLinkLength} characters, got ${link.length}`, {
      code: "invalid-response",
      subject,
    });
  }
  const target = nextLink.exec(link)?.[1];
  if (target === undefined) return undefined;
  const base = `https://registry.invalid${path}`;
  const next = URL.canParse(target, base) ? new URL(target, base) : undefined;
  // Registries behind proxies write their own idea of scheme, host and repository: the path, and its end, is what counts.
  if (next === undefined || !next.pathname.startsWith("/v2/") || toListName(next) !== toListName(new URL(base))) {
    throw new OciError(`${subject}: the link to the next page leads to something else than a page of the same list`, {
      code: "invalid-response",
      subject,
    });
  }
  return `${next.pathname}${next.search}`;
}

/** `tags/list`, `referrers/sha256:...`; undefined where the path is malformed. */
function toListName({ pathname }: URL): string | undefined {
  try {
    return decodeURIComponent(pathname).split("/").slice(-2).join("/");
  } catch {
    return undefined;
  }
}
