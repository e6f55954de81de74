import * as tls from "node:tls";

/**
 * The certificates to trust where some (PEM) are added: those, and what Node trusts by itself. Since Node 22.15 that is
 * what it was started with (`--use-system-ca`, `NODE_USE_SYSTEM_CA`), before that its own list.
 */
export function toAuthorities(extraPem: string): string[] {
  return [...(tls.getCACertificates?.("default") ?? tls.rootCertificates), extraPem];
}
