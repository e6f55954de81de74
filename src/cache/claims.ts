import { basename } from "node:path";
import type { Digest } from "../types/index.ts";
import { type CacheFiles, isBusy, toErrorCode } from "./files.ts";
import { type Layout, toScopeName } from "./layout.ts";
import type { Presence } from "./presence.ts";
import { readWhole } from "./reading.ts";
import { createTemporaryFile, createTemporaryPath } from "./temporary-file.ts";

/** That a process downloads some content, so that others need not. */
export interface Claim {
  /** Name in `tmp` of the file that grows; no two claims have the same. Its owner is who downloads. */
  part: string;
  /** For whom; see `toScopeName`. */
  scopeName: string;
}

/** A claim of this process. */
export interface OwnClaim extends Claim {
  /** The file that is to be made. */
  path: string;
  /** By `performance.now`. */
  takenAtMs: number;
}

interface Folder {
  files: CacheFiles;
  layout: Layout;
  presence: Presence;
}

const maxClaimBytes = 1024;
/** Waiting for a process that gives nothing is not given up sooner. */
const safeMs = 5000;

/**
 * Claims the download of some content into a file that is to be made at `path`; undefined where somebody else does. A
 * claim appears with its text or not at all: it is the second name of a finished file. What the disk says against it is
 * thrown, also where it gives no file a second name.
 */
export async function takeClaim(folder: Folder, digest: Digest, scope: string): Promise<OwnClaim | undefined> {
  const { files, layout, presence } = folder;
  await presence.begin();
  const path = await createTemporaryPath(layout);
  const claim = { part: basename(path), scopeName: toScopeName(scope) };
  const text = await createTemporaryFile(files, layout);
  try {
    await text.file.write([Buffer.from(`${claim.part} ${claim.scopeName}\n`)], 0).finally(() => text.file.close());
    await files.link(text.path, layout.download(digest));
  } catch (thrown) {
    if (toErrorCode(thrown) !== "EEXIST" && !isBusy(thrown)) throw thrown;
    // A network file system may have done it, and asked again when the answer was lost.
    const now = await readClaim(folder, layout.download(digest));
    if (now === "unknown" || now?.part !== claim.part) return undefined;
  } finally {
    await files.remove(text.path).catch(() => {}); // Found abandoned when this process has gone.
  }
  return { ...claim, path, takenAtMs: performance.now() };
}

/** The claim at a path; "unknown" where it has no text that tells whose it is; undefined where there is none. */
export async function readClaim(
  { files }: Pick<Folder, "files">,
  path: string,
): Promise<Claim | "unknown" | undefined> {
  const file = await files.open(path);
  const bytes = file && (await readWhole(file, maxClaimBytes).finally(() => file.close()));
  if (!file) return undefined;
  const [, part, scopeName = ""] =
    /^([0-9a-f-]+\.part) ([0-9a-f]{32})\n$/.exec(Buffer.from(bytes ?? []).toString("utf8")) ?? [];
  return part === undefined ? "unknown" : { part, scopeName };
}

/** Whether nobody works on a download any more. */
export async function isClaimAbandoned(folder: Folder, path: string): Promise<boolean> {
  const state = await folder.files.state(path);
  const claim = await readClaim(folder, path);
  // What is there and is no file was put there by nobody who downloads.
  if (!state) return claim === "unknown";
  if (!claim) return false;
  return claim === "unknown" || folder.presence.isAbandoned(claim.part, state);
}

/** Ends a claim, unless it is another one by now. */
export async function endClaim(folder: Folder, digest: Digest, claim: Claim): Promise<void> {
  const path = folder.layout.download(digest);
  const now = await readClaim(folder, path);
  if (now !== "unknown" && now?.part === claim.part) await folder.files.remove(path);
}

/** Ends a claim of one's own. Nobody else takes it away within moments, so that it need not be looked at then. */
export async function endOwnClaim(folder: Folder, digest: Digest, claim: OwnClaim): Promise<void> {
  if (performance.now() - claim.takenAtMs > safeMs) await endClaim(folder, digest, claim);
  else await folder.files.remove(folder.layout.download(digest));
}
