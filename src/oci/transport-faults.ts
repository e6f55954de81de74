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
const absenceCodes = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);
const breakCodes = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);
const foreignCodes = new Set(["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"]);
const needsLoginStatus = 407;
const certificateCodes =
  /^(?:CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA)/;

/** What was thrown while a request was sent or its answer read, as an OciError; `proxy`: the one on the way, `host[:port]`. */
export function toTransportError(cause: unknown, { url, subject, signal }: FailedRequest, proxy?: string): OciError {
  if (cause instanceof OciError) return cause;
  const fault = toFault(cause);
  const tunnel = toTunnelStatus(cause);
  const where = `${subject}: ${url.host}${proxy === undefined ? "" : ` (through the proxy ${proxy})`}`;
  if (signal.aborted) return toAbortError(signal, subject);
  if (tunnel !== undefined) return toProxyRefusal({ url, subject }, proxy, tunnel, cause);
  if (timeoutCodes.has(fault.code)) {
    return new OciError(`${where} did not answer in time`, { code: "timeout", subject, cause });
  }
  if (certificateCodes.test(fault.code)) {
    return new OciError(
      `${where}: its certificate is not trusted (${fault.code}); add the authority's certificate to SSL_CERT_FILE`,
      { code: "insecure-registry", subject, cause },
    );
  }
  if (foreignCodes.has(fault.code)) {
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

/**
 * How a connection failed: none came about; what answers speaks no TLS; its certificate is not trusted; it broke before
 * there was an answer. Undefined for all other faults, the caller's leave among them.
 */
export type ConnectionFault = "no-connection" | "not-tls" | "untrusted" | "broken";

/** What a fault that `toTransportError` made says of the connection. */
export function toConnectionFault(fault: unknown): ConnectionFault | undefined {
  if (!(fault instanceof OciError) || fault.code === "aborted") return undefined;
  const { code, name } = toFault(fault.cause);
  if (foreignCodes.has(code)) return "not-tls";
  if (certificateCodes.test(code)) return "untrusted";
  const tunnel = toTunnelStatus(fault.cause);
  if (absenceCodes.has(code) || (tunnel !== undefined && tunnel !== needsLoginStatus)) return "no-connection";
  // Where what comes is no HTTP, the error has a name and no code.
  return breakCodes.has(code) || name === "HTTPParserError" ? "broken" : undefined;
}

/** What a proxy answered that makes no tunnel. */
function toTunnelStatus(cause: unknown): number | undefined {
  const status = /^Proxy response \((\d{3})\)/.exec(cause instanceof Error ? cause.message : "")?.[1];
  return status === undefined ? undefined : Number(status);
}

/** What a proxy itself says in place of the registry. */
export function toProxyRefusal(
  { url, subject }: Omit<FailedRequest, "signal">,
  proxy = "",
  status: number,
  cause?: unknown,
): OciError {
  const needsLogin = status === needsLoginStatus;
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
