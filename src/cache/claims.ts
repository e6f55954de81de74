import { basename } from "node:path";
import type { Digest } from "../types/index.ts";
import { type CacheFiles, toErrorCode } from "./files.ts";
import { type Layout, toScopeName } from "./layout.ts";
import type { Presence } from "./presence.ts";
import { readWhole } from "./reading.ts";
import { createTemporaryPath } from "./temporary-file.ts";

/** That a process downloads some content, so that others need not. */
export interface Claim {
  /** Name in `tmp` of the file that grows; no two claims have the same. Its owner is who downloads. */
  part: string;
  /** For whom; see `toScopeName`. */
  scopeName: string;
}

interface Folder {
  files: CacheFiles;
  layout: Layout;
  presence: Presence;
}

const maxClaimBytes = 1024;
/** Between a claim's making and its text there are moments, unless its process died then. Wrong is a second download. */
const emptyLifetimeMs = 1000;

/**
 * Claims the download of some content into a file that is to be made at `path`; undefined where somebody else does. What
 * the disk says against it is thrown.
 */
export async function takeClaim(
  { files, layout }: Folder,
  digest: Digest,
  scope: string,
): Promise<{ claim: Claim; path: string } | undefined> {
  const path = await createTemporaryPath(layout);
  const claim = { part: basename(path), scopeName: toScopeName(scope) };
  const target = layout.download(digest);
  const file = await files.create(target).catch((thrown: unknown) => {
    // Windows says so of a file that is being removed.
    if (toErrorCode(thrown) === "EEXIST" || toErrorCode(thrown) === "EPERM") return undefined;
    throw thrown;
  });
  if (!file) return undefined;
  try {
    await file.write([Buffer.from(`${claim.part} ${claim.scopeName}\n`)], 0).finally(() => file.close());
  } catch (thrown) {
    await files.remove(target);
    throw thrown;
  }
  return { claim, path };
}

/** The claim of a digest; "empty" while it is being made; undefined where there is none. */
export async function readClaim({ files }: Folder, path: string): Promise<Claim | "empty" | undefined> {
  const file = await files.open(path);
  const bytes = file && (await readWhole(file, maxClaimBytes).finally(() => file.close()));
  if (!file) return undefined;
  const [, part = "", scopeName = ""] =
    /^(\S+\.part) ([0-9a-f]{32})\n$/.exec(Buffer.from(bytes ?? []).toString("utf8")) ?? [];
  return part === "" ? "empty" : { part, scopeName };
}

/** Whether nobody works on a download any more. */
export async function isClaimAbandoned(folder: Folder, path: string): Promise<boolean> {
  const state = await folder.files.state(path);
  const claim = await readClaim(folder, path);
  if (!state || !claim) return false;
  if (claim === "empty") return (await folder.presence.ageMs(state)) > emptyLifetimeMs;
  return folder.presence.isAbandoned(claim.part, state);
}

/** Ends a claim, unless it is another one by now. */
export async function endClaim(folder: Folder, digest: Digest, claim: Claim): Promise<void> {
  const path = folder.layout.download(digest);
  const now = await readClaim(folder, path);
  if (now !== "empty" && now?.part === claim.part) await folder.files.remove(path);
}
