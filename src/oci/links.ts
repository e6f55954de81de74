import { OciError } from "./errors.ts";
import type { TransportResponse } from "./transport.ts";

/**
 * The path and query of the next page (RFC 8288, `rel="next"`), asked of the same registry whatever host the link
 * names; undefined on the last page. Throws OciError `invalid-response` for a path outside the registry's own.
 */
export function parseNextPage(response: TransportResponse, path: string, subject: string): string | undefined {
  const link = response.headers("link").join(", ").slice(0, 8192);
  const target = /<([^>]*)>\s*;[^,]*\brel\s*=\s*"?next"?/i.exec(link)?.[1];
  if (target === undefined) return undefined;
  const base = `https://registry.invalid${path}`;
  const next = URL.canParse(target, base) ? new URL(target, base) : undefined;
  // Registries behind proxies write their own idea of scheme and host: the path is what counts.
  if (next === undefined || !next.pathname.startsWith("/v2/")) {
    throw new OciError(`${subject}: the link to the next page leads outside the registry`, {
      code: "invalid-response",
      subject,
    });
  }
  return `${next.pathname}${next.search}`;
}
