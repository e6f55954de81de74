import { OciError } from "./errors.ts";
import { isLoopbackHost, isPrivateHost, toHostname } from "./hosts.ts";
import type { TransportRequest, TransportResponse } from "./transport.ts";

const maxRedirects = 5;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);

export interface RedirectedRequest extends TransportRequest {
  isPlainHttpAllowed(url: URL): boolean;
  /** Statuses that the caller wants to see, redirects among them. */
  accepted: readonly number[];
}

/**
 * Follows where the first answer to a GET or HEAD leads, at most five times. The `Authorization` header stays with its
 * origin, and does not come back to it from elsewhere; HTTPS never leads to HTTP, nor a public host to a private
 * address that was not named. Throws OciError `insecure-registry` or
 * `invalid-response`.
 */
export async function followRedirects(
  send: (request: TransportRequest) => Promise<TransportResponse>,
  request: RedirectedRequest,
  answer: TransportResponse,
): Promise<{ response: TransportResponse; url: URL }> {
  const { isPlainHttpAllowed, accepted, ...first } = request;
  const { authorization: _, ...bareHeaders } = first.headers;
  let url = first.url;
  let headers: Readonly<Record<string, string>> = first.headers;
  let response = answer;
  for (let count = 0; ; count += 1) {
    if (!redirectStatuses.has(response.status) || accepted.includes(response.status)) return { response, url };
    const location = response.header("location");
    response.discard();
    if (count === maxRedirects) throw tooMany(first);
    url = toNextUrl(location, url, { isPlainHttpAllowed, subject: first.subject });
    if (url.origin !== first.url.origin) headers = bareHeaders;
    response = await send({ ...first, url, headers });
  }
}

function tooMany({ url, subject }: { url: URL; subject: string }): OciError {
  return new OciError(`${subject}: ${url.host} redirects more than ${maxRedirects} times`, {
    code: "invalid-response",
    subject,
  });
}

function toNextUrl(
  location: string | undefined,
  from: URL,
  { isPlainHttpAllowed, subject }: { isPlainHttpAllowed(url: URL): boolean; subject: string },
): URL {
  const refuse = (code: "invalid-response" | "insecure-registry", reason: string) =>
    new OciError(`${subject}: the redirect of ${from.host} is not followed: ${reason}`, { code, subject });
  if (location === undefined || !URL.canParse(location, from.href))
    throw refuse("invalid-response", "it leads nowhere");
  const next = new URL(location, from);
  if (next.protocol !== "https:" && next.protocol !== "http:")
    throw refuse("invalid-response", "it leads to no web address");
  if (next.username !== "" || next.password !== "") throw refuse("invalid-response", "its address holds a user name");
  if (next.protocol === "http:" && (from.protocol === "https:" || !isPlainHttpAllowed(next))) {
    throw refuse("insecure-registry", `${next.host} would be asked without TLS`);
  }
  const [host, fromHost] = [toHostname(next), toHostname(from)];
  // A host that the user named is one that registries may send to.
  const isNamed = isPlainHttpAllowed(next) && !isLoopbackHost(host);
  if (isPrivateHost(host) && !isPrivateHost(fromHost) && host !== fromHost && !isNamed) {
    const advice = isLoopbackHost(host) ? "" : `; if it belongs to it, say --insecure-registry=${next.host}`;
    throw refuse("invalid-response", `${next.host} is a private address and ${from.host} is not${advice}`);
  }
  return next;
}
