import { isJsonObject } from "../types/index.ts";
import { readBounded } from "./body.ts";
import type { Credential } from "./credential.ts";
import { OciError } from "./errors.ts";
import type { TransportRequest, TransportResponse } from "./transport.ts";

export interface BearerToken {
  /** The `Authorization` header. */
  header: string;
  expiresAtMs: number;
}

/** One request outside the registry's own paths, counted and spaced as its other requests are; faults are OciErrors. */
export type SendOnce = (
  request: Omit<TransportRequest, "headers"> & { headers?: Record<string, string> },
) => Promise<TransportResponse>;

export interface TokenQuestion {
  realm: URL;
  service: string | undefined;
  scopes: readonly string[];
  /** Undefined asks for an anonymous token. */
  credential: Credential | undefined;
}

const maxTokenBytes = 1024 * 1024;
const clientId = "sealcheck";
/** Distribution's token specification: 60 seconds where the service does not say. */
const defaultLifetimeSeconds = 60;
const maxLifetimeSeconds = 24 * 3600;

/**
 * Asks a token service (distribution, spec/auth/token.md and oauth.md): GET with Basic credentials or none; POST where
 * the credential is a refresh token. Tokens count as expired somewhat before they are.
 */
export async function fetchBearerToken(
  question: TokenQuestion,
  context: { signal: AbortSignal; subject: string; sendOnce: SendOnce; nowMs(): number },
): Promise<BearerToken> {
  const startedAtMs = context.nowMs();
  const request =
    question.credential?.kind === "identity-token" ? toRefreshRequest(question) : toTokenRequest(question);
  const response = await context.sendOnce({ ...request, signal: context.signal, subject: context.subject });
  const bytes = await readBounded(response, { maxBytes: maxTokenBytes, subject: context.subject });
  const answer = parseAnswer(bytes);
  // Services that say both under two names may leave one of them empty.
  const token = answer?.token || answer?.access_token;
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
    throw new OciError(`${context.subject}: expected a token from ${question.realm.host}, got something else`, {
      code: "unavailable",
      subject: context.subject,
    });
  }
  const told = typeof answer?.expires_in === "number" ? answer.expires_in : defaultLifetimeSeconds;
  const lifetimeMs = Math.min(Math.max(told, 1), maxLifetimeSeconds) * 1000;
  return { header: `Bearer ${token}`, expiresAtMs: startedAtMs + lifetimeMs - Math.min(10_000, lifetimeMs / 5) };
}

function parseAnswer(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return isJsonObject(value) ? { ...value } : undefined;
  } catch {
    return undefined; // Reported by the caller as "something else".
  }
}

type TokenRequest = Pick<TransportRequest, "method" | "url"> & { headers?: Record<string, string>; body?: string };

function toTokenRequest({ realm, service, scopes, credential }: TokenQuestion): TokenRequest {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (credential?.kind !== "basic") return { method: "GET", url };
  const basic = Buffer.from(`${credential.username}:${credential.password}`).toString("base64");
  return { method: "GET", url, headers: { authorization: `Basic ${basic}` } };
}

function toRefreshRequest({ realm, service, scopes, credential }: TokenQuestion): TokenRequest {
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    service: service ?? "",
    client_id: clientId,
    scope: scopes.join(" "),
    refresh_token: credential?.kind === "identity-token" ? credential.token : "",
  });
  return {
    method: "POST",
    url: realm,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
  };
}
