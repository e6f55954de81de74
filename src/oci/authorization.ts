import { LRUCache } from "lru-cache";
import type { Log } from "../types/index.ts";
import type { Challenge } from "./challenge.ts";
import type { Credential } from "./credential.ts";
import { toCredentialIdentity } from "./credential-identity.ts";
import type { CredentialStore } from "./credentials.ts";
import { hasOciCode, OciError } from "./errors.ts";
import { createFlights } from "./flights.ts";
import { parseRealm, type Realm, type RealmRule, toFlag } from "./realm.ts";
import { type BearerToken, fetchBearerToken, type SendOnce } from "./token-service.ts";

/** What a request is for, as far as proving who we are goes. */
export interface AuthorizedRequest {
  repository: string;
  signal: AbortSignal;
  subject: string;
}

/** The `Authorization` headers for one registry. */
export interface Authorizer {
  /** The header to start with; undefined where the registry has not asked for one yet. */
  current(request: AuthorizedRequest): Promise<string | undefined>;
  /** The header that answers a 401. Throws OciError `unauthorized` where there is none that was not `rejected`. */
  answer(
    challenges: readonly Challenge[],
    request: AuthorizedRequest & { rejected: string | undefined },
  ): Promise<string>;
  /** Why the registry refuses what `answer` gives, where it is that credentials were not sent to its token service. */
  explainRefusal(request: AuthorizedRequest): Promise<OciError | undefined>;
  /** Who asks, as part of cache keys. */
  identity(request: AuthorizedRequest): Promise<string>;
}

export interface AuthorizerOptions {
  registry: string;
  credentials: CredentialStore;
  /** Whether identities take part in what outlives the run. */
  isIdentityDurable: boolean;
  realmRule: RealmRule;
  log: Log;
  nowMs(): number;
  sendOnce: SendOnce;
}

type Scheme = { kind: "basic" } | { kind: "bearer"; realm: Realm; service: string | undefined };

const maxTokens = 4096;

export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const { registry, log } = options;
  const tokens = new LRUCache<string, BearerToken>({ max: maxTokens });
  const tokenFlights = createFlights<BearerToken>();
  const credentialFlights = createFlights<Credential | undefined>();
  const identityFlights = createFlights<string>();
  const credentials = new LRUCache<string, { credential: Credential | undefined }>({ max: maxTokens });
  const identities = new LRUCache<string, string>({ max: maxTokens });
  /** What each repository's challenge asked for. */
  const scopesOf = new LRUCache<string, readonly string[]>({ max: maxTokens });
  const warned = new Set<string>();
  let scheme: Scheme | undefined;

  async function credentialFor({ repository, signal, subject }: AuthorizedRequest): Promise<Credential | undefined> {
    const known = credentials.get(repository);
    if (known) return known.credential;
    const credential = await credentialFlights.run(repository, { signal, subject }, (shared) =>
      options.credentials.find(registry, repository, shared),
    );
    credentials.set(repository, { credential });
    return credential;
  }

  async function headerFor(wanted: Scheme, scopes: readonly string[], request: AuthorizedRequest) {
    const credential = await credentialFor(request);
    if (credential?.kind === "registry-token") return `Bearer ${credential.token}`;
    if (wanted.kind === "basic") return credential?.kind === "basic" ? toBasic(credential) : undefined;
    return (await tokenFor(wanted, scopes, request)).header;
  }

  async function tokenFor(wanted: Scheme & { kind: "bearer" }, scopes: readonly string[], request: AuthorizedRequest) {
    const isWithheld = await isCredentialWithheld(wanted, request);
    if (isWithheld) warnAboutRealm(wanted.realm);
    const credential = isWithheld ? undefined : await credentialFor(request);
    const who = credential === undefined ? "anonymous" : await identity(request);
    const key = JSON.stringify([wanted.realm.url.href, wanted.service ?? null, scopes, who]);
    const known = tokens.get(key);
    if (known && known.expiresAtMs > options.nowMs()) return known;
    return tokenFlights.run(key, request, async (signal) => {
      const token = await fetchBearerToken(
        { realm: wanted.realm.url, service: wanted.service, scopes, credential },
        { signal, subject: request.subject, sendOnce: options.sendOnce, nowMs: options.nowMs },
      ).catch((thrown: unknown) => {
        const isRefused = hasOciCode(thrown, "unauthorized", "forbidden");
        throw isRefused && isWithheld ? withheld(wanted.realm, request, thrown) : thrown;
      });
      tokens.set(key, token);
      return token;
    });
  }

  /** Whether there is a credential that the token service does not get. */
  async function isCredentialWithheld(wanted: Scheme, request: AuthorizedRequest): Promise<boolean> {
    return wanted.kind === "bearer" && !wanted.realm.isTrusted && (await credentialFor(request)) !== undefined;
  }

  function describeRealm(realm: Realm): string {
    const flag = toFlag(options.realmRule.registryUrl, realm.url);
    return `${registry} names the token service ${realm.url.host}, which is not known to belong to it: its credentials are not sent there; if it does belong to it, pass ${flag}`;
  }

  function warnAboutRealm(realm: Realm): void {
    if (warned.has(realm.url.host)) return;
    warned.add(realm.url.host);
    log.warning(describeRealm(realm));
  }

  function withheld(realm: Realm, { subject }: AuthorizedRequest, cause?: OciError): OciError {
    return new OciError(`${subject}: not to be had without credentials. ${describeRealm(realm)}`, {
      code: "unauthorized",
      subject,
      status: 401,
      cause,
    });
  }

  async function explainRefusal(request: AuthorizedRequest): Promise<OciError | undefined> {
    if (scheme?.kind !== "bearer" || !(await isCredentialWithheld(scheme, request))) return undefined;
    return withheld(scheme.realm, request);
  }

  async function identity(request: AuthorizedRequest): Promise<string> {
    const known = identities.get(request.repository);
    if (known) return known;
    const credential = await credentialFor(request);
    const name = await identityFlights.run(JSON.stringify(credential ?? null), request, () =>
      toCredentialIdentity(registry, credential, { isDurable: options.isIdentityDurable }),
    );
    identities.set(request.repository, name);
    return name;
  }

  return {
    identity,
    async current(request) {
      const credential = await credentialFor(request);
      if (credential?.kind === "registry-token") return `Bearer ${credential.token}`;
      const { repository } = request;
      return scheme && headerFor(scheme, scopesOf.get(repository) ?? [toPullScope(repository)], request);
    },
    async answer(challenges, request) {
      const next = toScheme(challenges, options.realmRule, request.subject);
      if (next === undefined)
        throw unauthorized(registry, request.subject, "it did not say which credentials it wants");
      scheme = next;
      if (request.rejected !== undefined) {
        for (const [key, token] of tokens.entries()) if (token.header === request.rejected) tokens.delete(key);
      }
      const scopes = toScopes(challenges, request.repository);
      scopesOf.set(request.repository, scopes);
      const header = await headerFor(next, scopes, request);
      if (header === undefined) throw unauthorized(registry, request.subject, "there are no credentials for it");
      if (header === request.rejected) {
        throw (await explainRefusal(request)) ?? unauthorized(registry, request.subject, "it refused the credentials");
      }
      return header;
    },
    explainRefusal,
  };
}

export function unauthorized(registry: string, subject: string, reason: string): OciError {
  return new OciError(
    `${subject}: ${registry} wants other credentials: ${reason}; log in to it (docker login, podman login) with an account that may pull`,
    { code: "unauthorized", subject, status: 401 },
  );
}

function toBasic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function toPullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

/** Bearer is preferred where a registry offers both, and says where tokens are to be had. */
function toScheme(challenges: readonly Challenge[], rule: RealmRule, subject: string): Scheme | undefined {
  const bearers = challenges.filter((challenge) => challenge.scheme === "bearer");
  const isBasicOffered = challenges.some((challenge) => challenge.scheme === "basic");
  const bearer =
    bearers.find(({ parameters }) => parameters.realm !== undefined) ?? (isBasicOffered ? undefined : bearers[0]);
  if (bearer) {
    const realm = parseRealm(bearer.parameters.realm, rule, subject);
    return { kind: "bearer", realm, service: bearer.parameters.service?.slice(0, 255) };
  }
  return isBasicOffered ? { kind: "basic" } : undefined;
}

/** Ours, and where a registry knows the repository by another name, that: reading alone is ever asked for. */
function toScopes(challenges: readonly Challenge[], repository: string): readonly string[] {
  const own = toPullScope(repository);
  const named = challenges.find((challenge) => challenge.scheme === "bearer")?.parameters.scope ?? "";
  const others = named
    .split(" ")
    .slice(0, 4)
    .filter(
      (scope) => scope.length <= 300 && /^repository:[a-z0-9]+(?:[._/-]+[a-z0-9]+)*:pull$/.test(scope) && scope !== own,
    );
  return [own, ...others];
}
