import { OciError } from "./errors.ts";

/** How somebody proves to a registry who they are. */
export type Credential =
  | { kind: "basic"; username: string; password: string }
  /** An OAuth 2 refresh token, exchanged at the token service. */
  | { kind: "identity-token"; username: string; token: string }
  /** A bearer token that is sent to the registry as it is. */
  | { kind: "registry-token"; token: string };

export interface CredentialStore {
  /** The credential for a repository; undefined means anonymous. */
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
  };
  /** Runs `docker-credential-<name> get` with this on stdin; gives what it wrote and its exit code. */
  runHelper(name: string, stdin: string, signal: AbortSignal): Promise<{ stdout: string; exitCode: number }>;
}

/** Reads the credential files that Docker, Podman and Kubernetes write. */
export function createCredentialStore(_ports: CredentialPorts): CredentialStore {
  throw new OciError("credentials are being built", { code: "invalid-response" });
}
