import { CacheError } from "../cache/index.ts";
import type { Digest } from "../types/index.ts";
import { isWebPage } from "./body.ts";
import { hasOciCode, OciError } from "./errors.ts";
import type { RepositoryLocation } from "./reference.ts";
import type { RegistrySession } from "./session.ts";
import type { TransportResponse } from "./transport.ts";

/** Whether these credentials may have what the disk cache holds, or is about to, for others. */
export interface PermissionQuestion {
  ref: RepositoryLocation;
  digest: Digest;
  session: RegistrySession;
  signal: AbortSignal;
  subject: string;
}

/** Who sees what is stored: a registry's repository, asked by somebody. */
export function toScope(ref: RepositoryLocation, identity: string): string {
  return JSON.stringify([ref.registry, ref.repository, identity]);
}

/**
 * Asks the registry (one HEAD) whether a blob may be had that was stored for somebody else. Whatever it says other than
 * yes is a no, and the download that follows tells why.
 */
export async function isAllowed({ ref, digest, session, signal, subject }: PermissionQuestion): Promise<boolean> {
  try {
    return await session.request(
      {
        method: "HEAD",
        path: `/v2/${ref.repository}/blobs/${digest}`,
        repository: ref.repository,
        signal,
        subject,
      },
      async (response) => isYes(response, digest),
    );
  } catch (thrown) {
    if (hasOciCode(thrown, "aborted", "timeout")) throw thrown;
    return false;
  }
}

/** A web page (of a log-in, say, where strangers are sent) and other content's headers say nothing of this blob. */
function isYes(response: TransportResponse, digest: Digest): boolean {
  const told = response.header("docker-content-digest");
  return !isWebPage(response) && (told === undefined || told === digest);
}

/** The store's complaint about a stream in the words of this folder. */
export function toOciError(thrown: unknown, subject: string): unknown {
  if (!(thrown instanceof CacheError)) return thrown;
  if (thrown.code === "digest-mismatch") return digestMismatch(subject, thrown);
  return new OciError(`${subject}: the disk cache failed while this was read from it; try again or without the cache`, {
    code: "unavailable",
    subject,
    cause: thrown,
  });
}

/** Content is what digest and size of its descriptor say, or nothing (OCI image-spec, descriptor.md). */
export function wrongSize(subject: string, size: number): OciError {
  return new OciError(
    `${subject}: expected the ${size} bytes that its descriptor says, got more or less; they are not used`,
    {
      code: "digest-mismatch",
      subject,
    },
  );
}

export function digestMismatch(subject: string, cause?: unknown): OciError {
  return new OciError(`${subject}: the bytes that the registry sent are not those of the digest; they are not used`, {
    code: "digest-mismatch",
    subject,
    cause,
  });
}
