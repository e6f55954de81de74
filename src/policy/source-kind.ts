/** How a source's address is fetched. */
export type SourceKind = "file" | "git" | "http" | "oci";

const filePrefixes = ["file://", "file::", "/", "./", "../"];
const gitPrefixes = ["git@", "git://", "git::"];
const forges = ["github.com", "gitlab.com", "bitbucket.org"];

const registryHosts = [
  /(^|\.)azurecr\.io$/,
  /(^|\.)gcr\.io$/,
  /^registry\.gitlab\.com$/,
  /(^|\.)pkg\.dev$/,
  /^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com$/,
  /^quay\.io$/,
  /^(?:\[?::1\]?|127\.0\.0\.1|localhost)$/,
];

function startsWithAny(text: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => text.startsWith(prefix));
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** Whether an address looks like a local path: by its beginning, or because something is there. */
export function looksLikeFile(address: string, exists: boolean): boolean {
  return exists || startsWithAny(address, filePrefixes);
}

/** Whether an address looks like a git repository. */
export function looksLikeGit(address: string): boolean {
  if (startsWithAny(address, gitPrefixes)) {
    return true;
  }
  if (address.includes("::")) {
    return false;
  }
  return forges.some((forge) => address.includes(forge)) || address.endsWith(".git");
}

/** Whether an address is one of http or https that is not a repository of a known forge. */
export function looksLikeHttp(address: string): boolean {
  const url = parseUrl(address);
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    return false;
  }
  return !forges.some((forge) => url.hostname === forge || url.hostname.endsWith(`.${forge}`));
}

function hostOf(address: string): string {
  const separator = address.indexOf("::");
  const rest = separator === -1 ? address : address.slice(separator + 2);
  const withoutScheme = rest.includes("://") ? rest.slice(rest.indexOf("://") + 3) : rest;
  const authority = withoutScheme.split(/[/?#]/)[0] ?? "";
  return authority.replace(/:[^:\]]*$/, "").toLowerCase();
}

/** Whether an address names a registry: by its scheme, or because its host is a known one. */
export function looksLikeOci(address: string): boolean {
  return startsWithAny(address, ["oci://", "oci::"]) || registryHosts.some((host) => host.test(hostOf(address)));
}

/** Whether an address would be fetched without encryption: `http:`, or `x::http:`, in any case. */
export function isInsecure(address: string): boolean {
  return /^([a-z0-9]*::)?http:/i.test(address) || /^http::/i.test(address);
}

/**
 * How an address is fetched; undefined where it is of no known form.
 *
 * @param exists Whether a local file or directory has this name.
 */
export function classifySource(address: string, exists: boolean): SourceKind | undefined {
  if (startsWithAny(address, ["oci://", "oci::"])) {
    return "oci";
  }
  if (address.startsWith("https://") && looksLikeHttp(address)) {
    return "http";
  }
  if (looksLikeFile(address, exists)) {
    return "file";
  }
  if (looksLikeGit(address)) {
    return "git";
  }
  if (looksLikeHttp(address)) {
    return "http";
  }
  return looksLikeOci(address) ? "oci" : undefined;
}
