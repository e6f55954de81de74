import { OciError } from "./errors.ts";
import { isLoopbackHost, isPrivateHost, isSameSite, toHostname } from "./hosts.ts";

/** The token service that a registry named, and whether the registry's credentials may go there. */
export interface Realm {
  url: URL;
  /** Otherwise the service is asked for an anonymous token only. */
  isTrusted: boolean;
}

export interface RealmRule {
  /** The registry that sent the challenge itself: never one that was redirected to. */
  registryUrl: URL;
  isPlainHttpAllowed(url: URL): boolean;
  /** Hosts (`host[:port]`) the user trusts with this registry's credentials. */
  namedHosts: readonly string[];
}

/** Registries whose token service lies at another site of the same operator. */
const knownRealmHosts: readonly (readonly [suffix: string, realmHost: string])[] = [
  ["docker.io", "auth.docker.io"],
  ["scw.cloud", "api.scaleway.com"],
  ["nvcr.io", "authn.nvidia.com"],
];

/**
 * Judges the realm of a Bearer challenge.
 *
 * A credential goes to a token service only where the registry has a claim to it: the same host; a host of the same
 * site, told over TLS; one of the operator's, by the table above; or one that the user named. Any other service is
 * asked anonymously, so a proxy that passes on somebody else's challenge, or a realm that was smuggled in, gets no
 * secret. Refused altogether, with OciError: realms without TLS (but for registries without TLS), realms with user
 * information, and private addresses named by a registry that is not private itself, unless the user named them.
 */
export function parseRealm(text: string | undefined, rule: RealmRule, subject: string): Realm {
  const refuse = (code: "invalid-response" | "insecure-registry", reason: string) =>
    new OciError(`${subject}: ${rule.registryUrl.host} names a token service that is not used: ${reason}`, {
      code,
      subject,
    });
  const url = text === undefined || text.length > 2048 ? undefined : toUrl(text);
  if (url === undefined) throw refuse("invalid-response", "its realm is no URL");
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw refuse("invalid-response", "its realm is no web address");
  if (url.username !== "" || url.password !== "") throw refuse("invalid-response", "its realm holds a user name");
  const isPlainRegistry = rule.registryUrl.protocol === "http:";
  if (url.protocol === "http:" && !(isPlainRegistry && rule.isPlainHttpAllowed(url))) {
    throw refuse("insecure-registry", `${url.host} would be asked without TLS`);
  }
  url.hash = "";
  const host = toHostname(url);
  const registryHost = toHostname(rule.registryUrl);
  if (host === registryHost || isNamed(url, rule.namedHosts)) return { url, isTrusted: true };
  if (isPrivateHost(host) && !isPrivateHost(registryHost)) {
    throw refuse(
      "invalid-response",
      `${url.host} is a private address and the registry's is not; if it belongs to it, say ${toFlag(rule.registryUrl, url)}`,
    );
  }
  return { url, isTrusted: hasClaim(host, registryHost, isPlainRegistry) };
}

/** The flag that lets a token service have a registry's credentials. */
export function toFlag(registryUrl: URL, realmUrl: URL): string {
  return `--token-service=${registryUrl.host}=${realmUrl.host}`;
}

/** A host without a port stands for all its ports. */
function isNamed(url: URL, namedHosts: readonly string[]): boolean {
  const port = url.port || (url.protocol === "http:" ? "80" : "443");
  const hostname = url.hostname.toLowerCase();
  return namedHosts
    .map((name) => name.toLowerCase())
    .some((name) => name === hostname || name === `${hostname}:${port}`);
}

function hasClaim(host: string, registryHost: string, isPlainRegistry: boolean): boolean {
  if (isLoopbackHost(host) && isLoopbackHost(registryHost)) return true;
  if (isPlainRegistry) return false;
  if (isSameSite(host, registryHost)) return true;
  return knownRealmHosts.some(
    ([suffix, realmHost]) => realmHost === host && (registryHost === suffix || registryHost.endsWith(`.${suffix}`)),
  );
}

function toUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
