import { PolicyError } from "./errors.ts";
import type { GitTreeRequest } from "./ports.ts";

const prefixes = ["git://", "git::", "https://", "file://", "file::"];
const localPath = /^(\.{1,2}\/|\/|[a-zA-Z]:[\\/]|~\/)/;

function stripPrefixes(address: string): string {
  return prefixes.reduce((rest, prefix) => (rest.startsWith(prefix) ? rest.slice(prefix.length) : rest), address);
}

/** `git@host:team/app` as `host/team/app`. */
function fromScpForm(address: string): string {
  return address.startsWith("git@") ? address.slice("git@".length).replace(":", "/") : address;
}

function splitAt(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator);
  return index === -1 ? [text, ""] : [text.slice(0, index), text.slice(index + separator.length)];
}

function cleanFolder(folder: string): string {
  const parts = folder.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) {
    throw new PolicyError(`the folder ${JSON.stringify(folder)} leaves the repository`, { code: "source-invalid" });
  }
  return parts.join("/");
}

/** A git address in its parts. `place` is the repository without scheme, folder and query, for the pinned form. */
export interface GitSource extends GitTreeRequest {
  place: string;
}

/**
 * Reads a git address: `git::host/path//folder?ref=x`, `git::https://...`, `github.com/...`, `git@host:path`, a local
 * path after `git::`. A folder may also stand in the value of `ref` after `//`. `depth` is accepted; how much of the
 * history is fetched is no matter of the address here.
 *
 * @throws {PolicyError} `source-invalid`
 */
export function parseGitSource(address: string): GitSource {
  const rest = fromScpForm(stripPrefixes(fromScpForm(address)));
  if (/^ssh:\/\//.test(rest)) {
    throw new PolicyError(
      `${JSON.stringify(withoutUserInfo(address))}: git over ssh is not possible; use git::https://`,
      { code: "source-invalid" },
    );
  }
  const [beforeQuery, query] = splitAt(rest, "?");
  const [place, folderOfPath] = splitAt(beforeQuery, "//");
  const parameters = new URLSearchParams(query);
  const [ref, folderOfRef] = splitAt(parameters.get("ref") ?? "", "//");
  const isLocal = localPath.test(place);
  const url = isLocal ? place : `https://${place.replace(/\/+$/, "")}${/\.git\/?$/.test(place) ? "" : ".git"}`;
  if (!isLocal && !URL.canParse(url)) {
    throw new PolicyError(`${JSON.stringify(withoutUserInfo(address))} is no git address`, { code: "source-invalid" });
  }
  return {
    url,
    place,
    subdir: cleanFolder(folderOfPath || folderOfRef),
    ...(ref === "" ? {} : { ref }),
  };
}

/** An address without user name and password, fit for messages and reports. */
export function withoutUserInfo(address: string): string {
  return address.replace(/^((?:[a-z0-9]+::)?(?:[a-z0-9+.-]+:\/\/)?)(?!git@)[^/@\s]+@(?=[^/]+\/)/i, (match, prefix) =>
    // A digest's `@` stands behind the first `/`; what is removed stands before the host.
    match.includes("sha256:") ? match : String(prefix),
  );
}

/** The address with the commit that was read: `git::host/path//folder?ref=<commit>`. */
export function toPinnedGit(source: GitSource, commit: string): string {
  const folder = source.subdir === "" ? "" : `//${source.subdir}`;
  return `git::${withoutUserInfo(source.place)}${folder}?ref=${commit}`;
}
