import { toAbortError } from "./abort.ts";
import { OciError } from "./errors.ts";

/** As far as a fault's message needs it. */
interface FailedRequest {
  url: URL;
  signal: AbortSignal;
  subject: string;
}

const timeoutCodes = new Set([
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "ETIMEDOUT",
]);
const certificateCodes =
  /^(?:CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA)/;

/** What was thrown while a request was sent or its answer read, as an OciError; `proxy`: the one on the way, `host[:port]`. */
export function toTransportError(cause: unknown, { url, subject, signal }: FailedRequest, proxy?: string): OciError {
  if (cause instanceof OciError) return cause;
  const fault = toFault(cause);
  const tunnel = /^Proxy response \((\d{3})\)/.exec(cause instanceof Error ? cause.message : "");
  const where = `${subject}: ${url.host}${proxy === undefined ? "" : ` (through the proxy ${proxy})`}`;
  if (signal.aborted) return toAbortError(signal, subject);
  if (tunnel) return toProxyRefusal({ url, subject }, proxy, Number(tunnel[1]), cause);
  if (timeoutCodes.has(fault.code)) {
    return new OciError(`${where} did not answer in time`, { code: "timeout", subject, cause });
  }
  if (certificateCodes.test(fault.code)) {
    return new OciError(
      `${where}: its certificate is not trusted (${fault.code}); add the authority's certificate to SSL_CERT_FILE`,
      { code: "insecure-registry", subject, cause },
    );
  }
  if (fault.code === "ERR_SSL_WRONG_VERSION_NUMBER" || fault.code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") {
    return new OciError(
      `${where} does not speak HTTPS; a registry that is meant to be asked over plain HTTP must be named by --insecure-registry`,
      { code: "insecure-registry", subject, cause },
    );
  }
  return new OciError(`${where} could not be reached (${fault.code || fault.name})`, {
    code: "unavailable",
    subject,
    cause,
  });
}

/** What a proxy itself says in place of the registry. */
export function toProxyRefusal(
  { url, subject }: Omit<FailedRequest, "signal">,
  proxy = "",
  status: number,
  cause?: unknown,
): OciError {
  const needsLogin = status === 407;
  const advice = needsLogin ? "; give them as http://user:password@host:port in HTTP_PROXY or HTTPS_PROXY" : "";
  return new OciError(
    `${subject}: the proxy ${proxy} on the way to ${url.host} ${needsLogin ? "wants credentials" : "refused"} (${status})${advice}`,
    { code: needsLogin ? "unauthorized" : "unavailable", subject, status, cause },
  );
}

function toFault(cause: unknown): { name: string; code: string } {
  if (!(cause instanceof Error)) return { name: "unknown fault", code: "" };
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  // Connection attempts to several addresses fail together.
  if (code === "" && cause instanceof AggregateError && cause.errors[0] !== undefined) return toFault(cause.errors[0]);
  if (code === "" && cause.cause instanceof Error) return toFault(cause.cause);
  return { name: cause.name, code };
}
