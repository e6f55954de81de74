import { createHash, type ScryptOptions, scrypt } from "node:crypto";
import { promisify } from "node:util";
import type { Credential } from "./credential.ts";

const derive = promisify<string, string, number, ScryptOptions, Buffer>(scrypt);
/** About 30 ms, once for each credential. */
const cost = { N: 8192 };

/**
 * Who asks, as part of cache keys: different for different secrets. What takes part in names of files that outlive the
 * run is durable: costly to guess a secret from.
 */
export async function toCredentialIdentity(
  registry: string,
  credential: Credential | undefined,
  { isDurable }: { isDurable: boolean },
): Promise<string> {
  if (credential === undefined) return "anonymous";
  const secret = credential.kind === "basic" ? credential.password : credential.token;
  const user = credential.kind === "registry-token" ? "" : credential.username;
  const text = JSON.stringify([credential.kind, user, secret]);
  const salt = `sealcheck credential identity v1 ${registry}`;
  const key = isDurable ? await derive(text, salt, 16, cost) : createHash("sha256").update(`${salt} ${text}`).digest();
  return `${credential.kind}:${key.toString("hex")}`;
}
