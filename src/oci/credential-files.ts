import { isJsonObject, type JsonObject } from "../types/index.ts";
import type { Credential } from "./credential.ts";
import { OciError } from "./errors.ts";
import { dockerHub, normalizeRegistry } from "./reference.ts";

/** Where a credentials file says that a secret is: in itself, or with a helper program. */
export type CredentialSource =
  | { kind: "inline"; credential: Credential }
  | { kind: "helper"; name: string; server: string };

/** What one file says; keys are `host[:port][/namespace...]`. */
export interface CredentialFile {
  inline: ReadonlyMap<string, Credential>;
  helpers: ReadonlyMap<string, { name: string; server: string }>;
  /** The helper for all registries. */
  store: string | undefined;
}

const maxFileLength = 4 * 1024 * 1024;
/** What Docker calls its own registry in credentials. */
const dockerHubServer = "https://index.docker.io/v1/";

/**
 * Parses Docker's config.json and containers' auth.json. Throws OciError `unauthorized`, without the file's content,
 * where it is malformed.
 */
export function parseCredentialFile(text: string, path: string): CredentialFile {
  const file = parseJson(text, path);
  const inline = new Map<string, Credential>();
  for (const [key, entry] of Object.entries(isJsonObject(file.auths) ? file.auths : {})) {
    const credential = isJsonObject(entry) ? toCredential(entry, `${path}, auths, ${key}`) : undefined;
    if (credential) inline.set(normalizeKey(key), credential);
  }
  const helpers = new Map<string, { name: string; server: string }>();
  for (const [key, name] of Object.entries(isJsonObject(file.credHelpers) ? file.credHelpers : {})) {
    if (typeof name === "string" && name !== "")
      helpers.set(normalizeKey(key), { name: checkName(name, path), server: key });
  }
  const store =
    typeof file.credsStore === "string" && file.credsStore !== "" ? checkName(file.credsStore, path) : undefined;
  return { inline, helpers, store };
}

/**
 * The places to look for a repository's credential in one file, best first: the longest namespace that has an entry,
 * down to the registry; the helper for all registries last.
 */
export function findSources(file: CredentialFile, registry: string, repository: string): readonly CredentialSource[] {
  const sources: CredentialSource[] = [];
  const segments = [normalizeKey(registry), ...repository.split("/")];
  for (let length = segments.length; length > 0; length -= 1) {
    const key = segments.slice(0, length).join("/");
    const helper = file.helpers.get(key);
    if (helper) sources.push({ kind: "helper", ...helper });
    const credential = file.inline.get(key);
    if (credential) sources.push({ kind: "inline", credential });
  }
  if (file.store !== undefined) {
    sources.push({ kind: "helper", name: file.store, server: registry === dockerHub ? dockerHubServer : registry });
  }
  return sources;
}

/** Keys come with and without a scheme, with `/v1/` or `/v2/` behind, and Docker Hub under several names. */
function normalizeKey(key: string): string {
  const bare = key
    .replace(/^https?:\/\//i, "")
    .replace(/\/+$/, "")
    .replace(/^([^/]+)\/v[12]$/, "$1");
  const slash = bare.indexOf("/");
  const host = slash < 0 ? bare : bare.slice(0, slash);
  return `${normalizeRegistry(host)}${slash < 0 ? "" : bare.slice(slash)}`;
}

function toCredential(entry: JsonObject, place: string): Credential | undefined {
  const pair = typeof entry.auth === "string" && entry.auth !== "" ? parseAuth(entry.auth, place) : undefined;
  const username = pair?.username ?? (typeof entry.username === "string" ? entry.username : "");
  const password = pair?.password ?? (typeof entry.password === "string" ? entry.password : "");
  if (typeof entry.registrytoken === "string" && entry.registrytoken !== "") {
    // It is sent as it is: a line's end that came along would be no header.
    if (!/^[\x21-\x7e]+$/.test(entry.registrytoken)) throw malformed(place, "a registrytoken without blanks");
    return { kind: "registry-token", token: entry.registrytoken };
  }
  if (typeof entry.identitytoken === "string" && entry.identitytoken !== "") {
    return { kind: "identity-token", username, token: entry.identitytoken };
  }
  return username === "" && password === "" ? undefined : { kind: "basic", username, password };
}

function parseAuth(auth: string, place: string): { username: string; password: string } {
  const text = Buffer.from(auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) throw malformed(place, "user:password in base64");
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") };
}

/** What a helper program answered (docker-credential-helpers, "get"). */
export function parseHelperAnswer(stdout: string, name: string): Credential | undefined {
  const answer = parseJson(stdout, `docker-credential-${name}`);
  const { Username: username, Secret: secret } = answer;
  if (typeof username !== "string" || typeof secret !== "string") {
    throw malformed(`docker-credential-${name}`, "Username and Secret");
  }
  if (secret === "") return undefined;
  return username === "<token>"
    ? { kind: "identity-token", username, token: secret }
    : { kind: "basic", username, password: secret };
}

/** A helper's name becomes part of a program's name: no paths. */
function checkName(name: string, path: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name))
    throw malformed(path, "names of credential helpers without paths");
  return name;
}

function parseJson(text: string, place: string): JsonObject {
  try {
    const value: unknown = text.length > maxFileLength ? undefined : JSON.parse(text);
    if (isJsonObject(value)) return value as JsonObject;
  } catch {
    // The parser's message would quote the file: not shown.
  }
  throw malformed(place, "a JSON object");
}

function malformed(place: string, expected: string): OciError {
  return new OciError(`credentials in ${place}: expected ${expected}, got something else; log in again or correct it`, {
    code: "unauthorized",
    subject: place,
  });
}
