import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { isJsonObject } from "../types/index.ts";
import { RegistryError } from "./errors.ts";
import { type Answer, createMethodRefusal, type Exchange, readBody, toJsonBytes } from "./exchange.ts";
import type { RegistryAccount, RegistryAction, RegistryAuthOptions, RegistryGrant } from "./options.ts";

const maxFormBytes = 64 * 1024;

/** What a request needs: actions on one repository, or merely somebody known (`/v2/`). */
export interface Need {
  repository: string;
  actions: readonly RegistryAction[];
}

/** Authentication as the distribution token specification has it, or HTTP basic. */
export interface Authentication {
  /** Refuses with 401 and a challenge what the request's credentials do not allow. */
  assertAllowed(exchange: Exchange, need: Need | undefined): void;
  isAllowed(exchange: Exchange, need: Need): boolean;
  /** The token endpoint: GET with basic credentials or none, POST as OAuth 2. */
  answerToken(exchange: Exchange): Promise<Answer>;
}

interface Session {
  /** False for somebody without credentials. */
  isKnown: boolean;
  grants: readonly RegistryGrant[];
}

/** Tokens are signed with a key of their own for each registry: another one's are refused. */
export function createAuthentication(options: RegistryAuthOptions): Authentication {
  const secret = randomBytes(32);
  const now = options.now ?? Date.now;
  const scheme = options.scheme ?? "bearer";
  const anonymous: Session = { isKnown: false, grants: options.anonymous ?? [] };

  function findSession(exchange: Exchange): Session | undefined {
    const header = exchange.headers.authorization;
    if (scheme === "basic") return header === undefined ? anonymous : checkBasic(options, header);
    return header === undefined ? undefined : readToken(secret, header, now());
  }

  function isAllowed(exchange: Exchange, need: Need | undefined): boolean {
    const session = findSession(exchange);
    if (session === undefined) return false;
    if (need === undefined) return session.isKnown || scheme === "bearer";
    return need.actions.every((action) => covers(session.grants, need.repository, action));
  }

  return {
    isAllowed,
    assertAllowed(exchange, need) {
      if (!isAllowed(exchange, need)) throw createChallenge(options, exchange, need);
    },
    async answerToken(exchange) {
      const { session, scopes } = await readTokenRequest(options, anonymous, exchange);
      const lifetimeSeconds = options.tokenLifetimeSeconds ?? 300;
      const grants = scopes.map((scope) => narrow(session.grants, scope)).filter((grant) => grant.actions.length > 0);
      const token = signToken(secret, { exp: now() + lifetimeSeconds * 1000, isKnown: session.isKnown, grants });
      const body = toJsonBytes({
        token,
        access_token: token,
        expires_in: lifetimeSeconds,
        issued_at: new Date(now()).toISOString(),
      });
      return { status: 200, headers: { "content-type": "application/json", "cache-control": "no-store" }, body };
    },
  };
}

/** The session and the asked scopes of a request for a token. */
async function readTokenRequest(options: RegistryAuthOptions, anonymous: Session, exchange: Exchange) {
  if (exchange.method === "GET") {
    const header = exchange.headers.authorization;
    const session = header === undefined ? anonymous : checkBasic(options, header);
    if (session === undefined) throw createCredentialRefusal();
    return { session, scopes: parseScopes(exchange.query) };
  }
  if (exchange.method !== "POST") throw createMethodRefusal(exchange, ["GET", "POST"]);
  const form = new URLSearchParams(Buffer.from(await readBody(exchange, maxFormBytes, "a form")).toString("utf8"));
  const refreshToken = form.get("refresh_token");
  const account = options.accounts.find((candidate) =>
    form.get("grant_type") === "refresh_token"
      ? isSame(candidate.password, refreshToken ?? "")
      : candidate.username === form.get("username") && isSame(candidate.password, form.get("password") ?? ""),
  );
  if (account === undefined) throw createCredentialRefusal();
  return { session: toSession(account), scopes: parseScopes(form) };
}

function parseScopes(query: URLSearchParams): readonly Need[] {
  const scopes = query.getAll("scope").flatMap((scope) => scope.split(" "));
  return scopes.flatMap((scope) => {
    const match = /^repository:([^:]+):([a-z,*]+)$/.exec(scope);
    if (match?.[1] === undefined || match[2] === undefined) return [];
    const asked = match[2].split(",");
    const actions = (["pull", "push", "delete"] as const).filter(
      (action) => asked.includes(action) || asked.includes("*"),
    );
    return [{ repository: match[1], actions }];
  });
}

function narrow(grants: readonly RegistryGrant[], scope: Need): RegistryGrant {
  return {
    repository: scope.repository,
    actions: scope.actions.filter((action) => covers(grants, scope.repository, action)),
  };
}

function covers(grants: readonly RegistryGrant[], repository: string, action: RegistryAction): boolean {
  return grants.some((grant) => matches(grant.repository, repository) && grant.actions.includes(action));
}

function matches(pattern: string, repository: string): boolean {
  if (pattern === "*" || pattern === repository) return true;
  return pattern.endsWith("/*") && repository.startsWith(pattern.slice(0, -1));
}

function checkBasic(options: RegistryAuthOptions, header: string): Session | undefined {
  const match = /^basic ([A-Za-z0-9+/=_-]+)$/i.exec(header);
  const text = Buffer.from(match?.[1] ?? "", "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  const account = options.accounts.find((candidate) => candidate.username === text.slice(0, colon));
  return account !== undefined && isSame(account.password, text.slice(colon + 1)) ? toSession(account) : undefined;
}

function toSession(account: RegistryAccount): Session {
  return { isKnown: true, grants: account.grants };
}

function signToken(secret: Uint8Array, claims: unknown): string {
  const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
  return `${payload}.${createHmac("sha256", secret).update(payload).digest("base64url")}`;
}

function readToken(secret: Uint8Array, header: string, nowMs: number): Session | undefined {
  const match = /^bearer ([\w-]+)\.([\w-]+)$/i.exec(header);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const [, payload, signature] = match;
  if (!isSame(createHmac("sha256", secret).update(payload).digest("base64url"), signature)) return undefined;
  const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  if (!isJsonObject(claims) || typeof claims.exp !== "number" || claims.exp <= nowMs) return undefined;
  // The registry signed these claims itself a moment ago.
  return { isKnown: claims.isKnown === true, grants: claims.grants as unknown as readonly RegistryGrant[] };
}

function isSame(expected: string, came: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(came)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function createChallenge(options: RegistryAuthOptions, exchange: Exchange, need: Need | undefined): RegistryError {
  const service = options.service ?? "sealcheck-registry";
  const realm = options.realm ?? `${exchange.isEncrypted ? "https" : "http"}://${exchange.headers.host}/token`;
  const scope = need === undefined ? "" : `,scope="repository:${need.repository}:${need.actions.join(",")}"`;
  const problem = exchange.headers.authorization === undefined ? "" : ',error="insufficient_scope"';
  const challenge =
    options.scheme === "basic"
      ? `Basic realm="${service}"`
      : `Bearer realm="${realm}",service="${service}"${scope}${problem}`;
  return new RegistryError("expected credentials that allow this; log in, or ask for access", {
    code: "UNAUTHORIZED",
    status: 401,
    headers: { "www-authenticate": challenge },
    ...(need === undefined ? {} : { detail: { name: need.repository, actions: need.actions } }),
  });
}

function createCredentialRefusal(): RegistryError {
  return new RegistryError("expected a known user name with its password", { code: "UNAUTHORIZED", status: 401 });
}
