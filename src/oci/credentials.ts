import { join } from "node:path";
import { toErrorMessage } from "../types/index.ts";
import type { Credential } from "./credential.ts";
import {
  type CredentialFile,
  type CredentialSource,
  findSources,
  parseCredentialFile,
  parseHelperAnswer,
} from "./credential-files.ts";
import { OciError } from "./errors.ts";
import { createFlights } from "./flights.ts";

export interface CredentialStore {
  /** The credential for a repository; undefined means anonymous. Throws OciError `unauthorized`. */
  find(registry: string, repository: string, signal: AbortSignal): Promise<Credential | undefined>;
}

export interface CredentialPorts {
  /** The file's text; undefined where it does not exist. */
  readFile(path: string): Promise<string | undefined>;
  env: {
    readonly DOCKER_CONFIG?: string | undefined;
    readonly REGISTRY_AUTH_FILE?: string | undefined;
    readonly XDG_RUNTIME_DIR?: string | undefined;
    readonly HOME?: string | undefined;
    /** What Windows has in place of `HOME`. */
    readonly USERPROFILE?: string | undefined;
  };
  /** Runs `docker-credential-<name> get` with this on stdin; gives what it wrote and its exit code. */
  runHelper(name: string, stdin: string, signal: AbortSignal): Promise<{ stdout: string; exitCode: number }>;
}

/**
 * Reads the credential files that Docker, Podman, Kubernetes and Tekton write, in this order: `$DOCKER_CONFIG/config.json`
 * or `~/.docker/config.json`, `$REGISTRY_AUTH_FILE`, `$XDG_RUNTIME_DIR/containers/auth.json`,
 * `~/.config/containers/auth.json`. The first file with an entry for the repository, one of its namespaces or its
 * registry decides. Files and helpers are asked when first needed, once.
 */
export function createCredentialStore(ports: CredentialPorts): CredentialStore {
  const paths = toPaths(ports.env);
  const files = new Map<string, Promise<CredentialFile | undefined>>();
  const answers = new Map<string, Credential | undefined>();
  const flights = createFlights<Credential | undefined>();

  async function readCredentialFile(path: string): Promise<CredentialFile | undefined> {
    const text = await ports.readFile(path);
    return text === undefined || text.trim() === "" ? undefined : parseCredentialFile(text, path);
  }

  function fileAt(path: string): Promise<CredentialFile | undefined> {
    const known = files.get(path);
    if (known) return known;
    const file = readCredentialFile(path);
    files.set(path, file);
    file.catch(() => files.delete(path));
    return file;
  }

  async function askHelper({ name, server }: CredentialSource & { kind: "helper" }, signal: AbortSignal) {
    const key = `${name} ${server}`;
    if (answers.has(key)) return answers.get(key);
    return flights.run(key, { signal, subject: server }, async (shared) => {
      const credential = await runHelper(ports, { name, server }, shared);
      answers.set(key, credential);
      return credential;
    });
  }

  return {
    async find(registry, repository, signal) {
      for (const path of paths) {
        const file = await fileAt(path);
        for (const source of file ? findSources(file, registry, repository) : []) {
          const credential = source.kind === "inline" ? source.credential : await askHelper(source, signal);
          if (credential) return credential;
        }
      }
      return undefined;
    },
  };
}

function toPaths(env: CredentialPorts["env"]): readonly string[] {
  const home = isGiven(env.HOME) ? env.HOME : env.USERPROFILE;
  const docker = isGiven(env.DOCKER_CONFIG) ? env.DOCKER_CONFIG : isGiven(home) ? join(home, ".docker") : undefined;
  return [
    docker === undefined ? undefined : join(docker, "config.json"),
    isGiven(env.REGISTRY_AUTH_FILE) ? env.REGISTRY_AUTH_FILE : undefined,
    isGiven(env.XDG_RUNTIME_DIR) ? join(env.XDG_RUNTIME_DIR, "containers", "auth.json") : undefined,
    isGiven(home) ? join(home, ".config", "containers", "auth.json") : undefined,
  ].filter((path) => path !== undefined);
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}

async function runHelper(
  ports: CredentialPorts,
  { name, server }: { name: string; server: string },
  signal: AbortSignal,
): Promise<Credential | undefined> {
  const program = `docker-credential-${name}`;
  const { stdout, exitCode } = await ports.runHelper(name, server, signal).catch((cause: unknown) => {
    throw helperFailed(program, server, toErrorMessage(cause), cause);
  });
  if (exitCode === 0) return parseHelperAnswer(stdout, name);
  // The helpers' protocol has no code for this, only the text.
  if (/credentials not found/i.test(stdout)) return undefined;
  throw helperFailed(program, server, `exit code ${exitCode}`, undefined);
}

function helperFailed(program: string, server: string, reason: string, cause: unknown): OciError {
  return new OciError(
    `${server}: the credential helper ${program}, which the Docker configuration names, failed: ${reason}; install it, or remove it from the configuration`,
    { code: "unauthorized", subject: server, cause },
  );
}
