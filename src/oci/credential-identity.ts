import { scrypt } from "node:crypto";
import { promisify } from "node:util";
import type { Credential } from "./credentials.ts";

const derive = promisify<string, string, number, Buffer>(scrypt);

/**
 * Who asks, as part of cache keys: different for different secrets, and costly to guess a secret from, because it takes
 * part in names of files that may outlive the run.
 */
export async function toCredentialIdentity(registry: string, credential: Credential | undefined): Promise<string> {
  if (credential === undefined) return "anonymous";
  const secret = credential.kind === "basic" ? credential.password : credential.token;
  const user = credential.kind === "registry-token" ? "" : credential.username;
  const key = await derive(
    JSON.stringify([credential.kind, user, secret]),
    `sealcheck credential identity v1 ${registry}`,
    16,
  );
  return `${credential.kind}:${key.toString("hex")}`;
}
