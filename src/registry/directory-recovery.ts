import { join } from "node:path";
import type { Log } from "../types/index.ts";
import { type ContentDigest, parseContentHex } from "./content-digest.ts";
import type { ContentFolder } from "./directory-content.ts";
import {
  type DirectoryLayout,
  listIfThere,
  modifiedIfThere,
  removedSuffix,
  removeIfThere,
  removeUntouched,
  sizeIfThere,
} from "./directory-layout.ts";

/** What cleaning needs beside the folder. */
export interface RecoveryOptions {
  /** The present, in milliseconds since 1970. */
  nowMs: number;
  /** More files of content and links than this are left alone. */
  maxFiles: number;
  log: Log;
}

/** A process needs a temporary file for moments; what is older was left by one that is dead. */
const temporaryLifetimeMs = 15 * 60 * 1000;

const uploadLifetimeMs = 24 * 60 * 60 * 1000;

/** Content by digest: whether a repository links to it. */
type Marks = Map<ContentDigest, boolean>;

/**
 * Removes what killed processes left behind and what was deleted: old temporary files, old uploads, content that no
 * repository links to, old links whose content never came. Other processes may write to the folder meanwhile.
 */
export async function recover(
  layout: DirectoryLayout,
  content: ContentFolder,
  { nowMs, maxFiles, log }: RecoveryOptions,
): Promise<void> {
  const temporary = await removeUntouched(layout.temporaries(), nowMs - temporaryLifetimeMs);
  const uploads = await removeUntouched(layout.uploads(), nowMs - uploadLifetimeMs);
  const marks = await listContent(layout, content, maxFiles);
  const links = marks && (await markLinked(layout, marks, { untouchedSinceMs: nowMs - temporaryLifetimeMs, maxFiles }));
  if (marks === undefined || links === undefined) {
    log.warning(
      `registry: ${layout.root} holds more than ${maxFiles} files; content that nothing refers to is not removed`,
    );
    return;
  }
  let collected = 0;
  for (const [digest, isLinked] of marks) if (!isLinked && (await content.collect(digest))) collected += 1;
  log.info(
    `registry: removed ${temporary} temporary files, ${uploads} uploads, ${collected} files of content and ${links} links that nothing needs`,
  );
}

/** Every file of content; ends removals that were begun. Undefined where there are too many. */
async function listContent(
  layout: DirectoryLayout,
  content: ContentFolder,
  maxFiles: number,
): Promise<Marks | undefined> {
  const marks: Marks = new Map();
  for (const prefix of await listIfThere(layout.contents())) {
    for (const name of await listIfThere(join(layout.contents(), prefix))) {
      const isRemoved = name.endsWith(removedSuffix);
      const digest = parseContentHex(isRemoved ? name.slice(0, -removedSuffix.length) : name);
      if (digest === undefined) continue;
      if (isRemoved) await content.settle(digest);
      else marks.set(digest, false);
      if (marks.size > maxFiles) return undefined;
    }
  }
  return marks;
}

/** Marks content that is linked to, and removes old links to nothing; says how many. Undefined where there are too many links. */
async function markLinked(
  layout: DirectoryLayout,
  marks: Marks,
  bounds: { untouchedSinceMs: number; maxFiles: number },
): Promise<number | undefined> {
  let seen = 0;
  let removed = 0;
  for (const repository of await listIfThere(layout.repositories())) {
    for (const kind of ["blobs", "manifests"]) {
      const folder = join(layout.repositories(), repository, kind);
      for (const hex of await listIfThere(folder)) {
        seen += 1;
        if (seen > bounds.maxFiles) return undefined;
        const digest = parseContentHex(hex);
        if (digest === undefined) continue;
        if (marks.has(digest)) marks.set(digest, true);
        else if (await isDangling(layout, digest, join(folder, hex), bounds.untouchedSinceMs)) {
          if (await removeIfThere(join(folder, hex))) removed += 1;
        }
      }
    }
  }
  return removed;
}

async function isDangling(
  layout: DirectoryLayout,
  digest: ContentDigest,
  link: string,
  untouchedSinceMs: number,
): Promise<boolean> {
  const modifiedMs = await modifiedIfThere(link);
  if (modifiedMs === undefined || modifiedMs >= untouchedSinceMs) return false;
  return (await sizeIfThere(layout.content(digest))) === undefined;
}
