import { PolicyError } from "./errors.ts";
import { parseGitSource } from "./git-source.ts";
import type { PolicyTextPorts, SourceFile } from "./ports.ts";
import { toInsecureFault, toSourceFault, toSubject } from "./source-faults.ts";
import { isInsecure, looksLikeFile, looksLikeGit, looksLikeHttp } from "./source-kind.ts";

const maxTextBytes = 16 * 1024 * 1024;
const maxRepositoryFiles = 50_000;

/** Where a downloaded folder keeps its policy configuration, the first that is there. */
const candidates = [".ec/policy.json", ".ec/policy.yaml", ".ec/policy.yml", "policy.json", "policy.yaml", "policy.yml"];

interface ReadOptions {
  signal?: AbortSignal;
}

function decode(bytes: Uint8Array, place: string): string {
  if (bytes.length === 0) {
    throw new PolicyError(`file ${toSubject(place)} is empty`, { code: "config-empty", subject: toSubject(place) });
  }
  return new TextDecoder().decode(bytes);
}

function chooseFile(files: readonly SourceFile[], pinned: string): string {
  for (const candidate of candidates) {
    const file = files.find(({ path }) => path === candidate);
    if (file !== undefined) {
      return decode(file.bytes, `${pinned}: ${candidate}`);
    }
  }
  throw new PolicyError(`no suitable config file found at ${pinned}: expected one of ${candidates.join(", ")}`, {
    code: "config-not-found",
    subject: pinned,
  });
}

async function readFromGit(address: string, ports: PolicyTextPorts, options: ReadOptions): Promise<string> {
  const source = parseGitSource(address);
  const bounds = { maxFiles: maxRepositoryFiles, maxBytes: 16 * maxTextBytes };
  try {
    const tree = await ports.git.fetchTree(source, { bounds, ...options });
    return chooseFile(tree.files, `${toSubject(address).split("?ref=")[0]}?ref=${tree.commit}`);
  } catch (error) {
    throw toSourceFault(address, error, "config-not-found");
  }
}

async function readFromHttp(address: string, ports: PolicyTextPorts, options: ReadOptions): Promise<string> {
  try {
    return decode(await ports.http.get(address, { maxBytes: maxTextBytes, ...options }), address);
  } catch (error) {
    throw toSourceFault(address, error, "config-not-found");
  }
}

async function readFromDisk(value: string, ports: PolicyTextPorts, options: ReadOptions): Promise<string> {
  const path = value.replace(/^file:(?:\/\/|:)/, "");
  try {
    return decode(await ports.files.read(path, { maxBytes: maxTextBytes, ...options }), path);
  } catch (error) {
    throw toSourceFault(value, error, "config-not-found");
  }
}

/** Whether a text is a document and no address: addresses have no line breaks, and no blanks but inside a path. */
function isDocument(value: string): boolean {
  return value.startsWith("{") || /[\r\n]/.test(value) || /^[\w"'-]+:\s/.test(value);
}

/**
 * The text of the policy configuration that `--policy` names: the value itself where it is JSON or YAML; the
 * configuration file of a git repository (see `candidates`); a file from an https:// address; a local file that ends in
 * `.json`, `.yaml` or `.yml`. Everything else is the text itself.
 *
 * @throws {PolicyError} `config-not-found`, `config-empty`, `source-insecure`, `source-invalid`, `source-unavailable`
 */
export async function readPolicyText(
  value: string,
  ports: PolicyTextPorts,
  options: ReadOptions = {},
): Promise<string> {
  if (value === "" || isDocument(value)) {
    return value;
  }
  const exists = (await ports.files.kindOf(value)) !== undefined;
  const isFile = looksLikeFile(value, exists);
  if (isInsecure(value) && !exists) {
    throw toInsecureFault(value);
  }
  if (looksLikeGit(value) && !isFile) {
    return readFromGit(value, ports, options);
  }
  if (looksLikeHttp(value)) {
    return readFromHttp(value, ports, options);
  }
  return isFile && /\.(json|ya?ml)$/.test(value) ? readFromDisk(value, ports, options) : value;
}
