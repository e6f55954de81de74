import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Digest } from "../types/index.ts";
import { type Claim, endClaim, isClaimAbandoned, readClaim, takeClaim } from "./claims.ts";
import type { ByteSource, ByteStream } from "./content-store.ts";
import type { Contents } from "./contents.ts";
import type { CacheFile } from "./files.ts";
import type { Arrival, FlightFile, FlightProgress } from "./flight.ts";
import type { Housekeeping } from "./housekeeping.ts";
import { toScopeName } from "./layout.ts";
import type { Leases } from "./leases.ts";
import { createRelay, type Followed, type Way } from "./relay.ts";
import type { StoreContext } from "./store-context.ts";
import { createTemporaryPath, renameFinished } from "./temporary-file.ts";

/** What a flight wants, and for whom. */
export interface Wanted {
  digest: Digest;
  /** Who began the flight. */
  scope: string;
  /** All who may read it; grows as others join. */
  scopes: ReadonlySet<string>;
  source: ByteSource;
  /** Whether the scope may have what is there, or on its way, for others. */
  confirm(): Promise<boolean>;
}

/** Finds out where a flight's bytes come from: the folder, another process' download, or a download of its own. */
export interface Arrivals {
  begin(wanted: Wanted, progress: FlightProgress): Promise<Arrival>;
}

export interface ArrivalsOptions {
  context: StoreContext;
  contents: Contents;
  housekeeping: Housekeeping;
  leases: Leases;
  stallMs: number;
}

/** A claim that can neither be made nor found is done without after so many looks. */
const maxLooks = 20;
const lookPauseMs = 5;

/** A claim whose text or file is about to come. */
interface Unclear {
  kind: "unclear";
}

/** How often it is asked whether the process lives that one waits for. */
const livenessMs = 100;

export function createArrivals({ context, contents, housekeeping, leases, stallMs }: ArrivalsOptions): Arrivals {
  const { files, layout, attempt, counts } = context;

  async function findFinished({ digest, scope, confirm }: Wanted): Promise<ByteStream | undefined> {
    const found = await contents.find(digest, scope);
    if (found || !(await contents.exists(digest))) return found;
    // Whoever asks may give up; others may have joined by then, who read the source.
    if (!(await confirm().catch(() => false))) return undefined;
    await attempt("note who may read", () => contents.grant(digest, scope));
    return contents.find(digest, scope);
  }

  async function commit(path: string, { digest, scopes }: Wanted, bytes: number): Promise<void> {
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

  /** A download of this process into a file, under a claim where there is one. */
  async function createOwn(wanted: Wanted, path: string, claim: Claim | undefined): Promise<Way> {
    const { digest } = wanted;
    const end = () => claim && context.keepPending(attempt("end a claim", () => endClaim(context, digest, claim)));
    const release = await leases.take(digest);
    const file = await attempt("create a file", () => files.create(path));
    if (!file) {
      counts.writeFaults += 1;
      release();
      await end();
      return { kind: "alone" };
    }
    const kept: FlightFile = {
      file: withRelease(file, release),
      async commit(bytes) {
        await commit(path, wanted, bytes);
        await end();
      },
      async discard() {
        await attempt("remove a temporary file", () => files.remove(path));
        await end();
      },
      giveUp: () => void end(),
    };
    return { kind: "own", kept };
  }

  function watch(digest: Digest, claim: Claim): () => Promise<boolean> {
    let askedAtMs = performance.now();
    const look = async () => {
      const now = await readClaim(context, layout.download(digest));
      if (now === undefined || now === "empty" || now.part !== claim.part) return true;
      if (performance.now() - askedAtMs < livenessMs) return false;
      askedAtMs = performance.now();
      return isClaimAbandoned(context, layout.download(digest));
    };
    return async () => (await attempt("look for a download's end", look)) ?? true;
  }

  async function openOther(digest: Digest, claim: Claim): Promise<Followed | Unclear> {
    const release = await leases.take(digest);
    const file = await attempt("follow a download", () => files.open(join(layout.temporary, claim.part)));
    if (!file) {
      release();
      return { kind: "unclear" };
    }
    return {
      kind: "followed",
      file: withRelease(file, release),
      hasEnded: watch(digest, claim),
      async dispossess() {
        await attempt("end a claim", () => endClaim(context, digest, claim));
      },
    };
  }

  /** What another process' claim means for this one; undefined where there is none. */
  async function joinOther({ digest, scope, confirm }: Wanted): Promise<Way | Unclear | undefined> {
    const path = layout.download(digest);
    const claim = await readClaim(context, path);
    if (!claim) return undefined;
    if (await isClaimAbandoned(context, path)) {
      if (claim === "empty") await files.remove(path);
      else await endClaim(context, digest, claim);
      return undefined;
    }
    if (claim === "empty") return { kind: "unclear" };
    if (claim.scopeName !== toScopeName(scope) && !(await confirm().catch(() => false))) return { kind: "alone" };
    return openOther(digest, claim);
  }

  async function findWay(wanted: Wanted, signal: AbortSignal): Promise<Way> {
    const deadlineMs = performance.now() + stallMs;
    let looks = 0;
    do {
      const finished = await findFinished(wanted);
      if (finished) return { kind: "finished", bytes: finished };
      if (!(await context.isReady())) return { kind: "alone" };
      const taken = await takeClaim(context, wanted.digest, wanted.scope).catch(() => "fault" as const);
      if (taken === "fault") break;
      if (taken) return useClaim(wanted, taken);
      const other = await attempt("follow a download", () => joinOther(wanted));
      if (other && other.kind !== "unclear") return other;
      if (!other) looks += 1;
      await sleep(lookPauseMs, undefined, { signal });
    } while (looks < maxLooks && performance.now() < deadlineMs);
    return createOwn(wanted, await createTemporaryPath(layout), undefined);
  }

  async function useClaim(wanted: Wanted, { claim, path }: { claim: Claim; path: string }): Promise<Way> {
    // Whoever had the claim before may have finished since.
    const since = await findFinished(wanted);
    if (!since) return createOwn(wanted, path, claim);
    await attempt("end a claim", () => endClaim(context, wanted.digest, claim));
    return { kind: "finished", bytes: since };
  }

  async function grantAll({ digest, scopes }: Wanted): Promise<void> {
    if (!(await context.isReady())) return;
    await attempt("note who may read", async () => {
      for (const scope of scopes) await contents.grant(digest, scope);
    });
  }

  return {
    async begin(wanted, progress) {
      const { digest, source } = wanted;
      const find = () => findWay(wanted, progress.signal);
      const way = await find();
      const onWhole = () => grantAll(wanted);
      switch (way.kind) {
        case "finished":
          return { bytes: way.bytes };
        case "followed":
          counts.shared += 1;
          return createRelay(way, { digest, source, progress, stallMs, findNext: find, onWhole });
        case "own":
          return { bytes: start(source, progress), kept: way.kept };
        case "alone":
          return { bytes: start(source, progress), onWhole };
      }
    },
  };
}

export function start(source: ByteSource, { signal }: FlightProgress): ByteStream {
  return typeof source === "function" ? source(signal) : source;
}

function withRelease(file: CacheFile, release: () => void): CacheFile {
  return {
    ...file,
    async close() {
      release();
      await file.close();
    },
  };
}
