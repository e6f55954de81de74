import type { Digest } from "../types/index.ts";
import { endOwnClaim, type OwnClaim } from "./claims.ts";
import type { Contents } from "./contents.ts";
import type { CacheFile } from "./files.ts";
import { windowLimits } from "./flight.ts";
import type { FlightFile } from "./flight-disk.ts";
import type { Housekeeping } from "./housekeeping.ts";
import type { Leases } from "./leases.ts";
import type { StoreContext } from "./store-context.ts";
import { renameFinished } from "./temporary-file.ts";

/** Content on its way into the folder by this process. */
export interface OwnDownload {
  digest: Digest;
  /** All who may read it; grows as others join. */
  scopes: ReadonlySet<string>;
  /** The file that is to be made. */
  path: string;
  /** That others wait for it. */
  claim: OwnClaim | undefined;
}

export interface OwnDownloadPorts {
  context: StoreContext;
  contents: Contents;
  housekeeping: Housekeeping;
  leases: Leases;
}

/** A file for a download, which becomes content at its end; undefined where none can be made. */
export async function createOwnFile(ports: OwnDownloadPorts, download: OwnDownload): Promise<FlightFile | undefined> {
  const { context, leases } = ports;
  const { files, attempt } = context;
  const { digest, path, claim } = download;
  const end = () => claim && context.keepPending(attempt("end a claim", () => endOwnClaim(context, digest, claim)));
  const file = await attempt("create a file", () => files.create(path));
  if (!file) {
    context.counts.writeFaults += 1;
    await end();
    return undefined;
  }
  let release = () => {};
  return {
    file: withRelease(file, () => release()),
    async commit(bytes) {
      // What is smaller is in memory for its readers.
      if (bytes > windowLimits.bytes) release = await leases.take(digest);
      await store(ports, download, bytes);
      await end();
    },
    async discard() {
      await attempt("remove a temporary file", () => files.remove(path));
      await end();
    },
    giveUp: () => void end(),
  };
}

async function store(
  { context, contents, housekeeping }: OwnDownloadPorts,
  { digest, scopes, path }: OwnDownload,
  bytes: number,
): Promise<void> {
  const { files, layout, attempt, counts } = context;
  const isStored = await attempt(`store ${digest}`, async () => {
    await renameFinished(files, path, { path: layout.blob(digest), bytes });
    contents.markChecked(digest, bytes);
    for (const scope of scopes) await contents.grant(digest, scope);
    return true;
  });
  if (isStored) {
    counts.stored += 1;
    await housekeeping.account(bytes);
    return;
  }
  counts.writeFaults += 1;
  await attempt("remove a temporary file", () => files.remove(path));
}

/** A file whose closing ends a lease. */
export function withRelease(file: CacheFile, release: () => void): CacheFile {
  return {
    ...file,
    async close() {
      release();
      await file.close();
    },
  };
}
