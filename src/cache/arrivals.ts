import { setTimeout as sleep } from "node:timers/promises";
import type { Digest } from "../types/index.ts";
import { type Claim, endOwnClaim, type OwnClaim, takeClaim } from "./claims.ts";
import type { ByteSource, ByteStream } from "./content-store.ts";
import { type Arrival, type FlightProgress, startSource } from "./flight.ts";
import { toScopeName } from "./layout.ts";
import { openOther } from "./other-download.ts";
import { createOwnFile, type OwnDownloadPorts } from "./own-download.ts";
import { createRelay, type Way } from "./relay.ts";
import { createTemporaryPath } from "./temporary-file.ts";

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

export interface ArrivalsOptions extends OwnDownloadPorts {
  /** Another process' download that gives nothing for so long is not waited for any more. */
  stallMs: number;
}

/** A claim that can neither be made nor found is done without after so many looks. */
const maxLooks = 20;
const lookPauseMs = 5;

export function createArrivals({ stallMs, ...ports }: ArrivalsOptions): Arrivals {
  const { context, contents } = ports;
  const { layout, attempt, counts } = context;

  async function findFinished({ digest, scope, confirm }: Wanted): Promise<ByteStream | undefined> {
    const found = await contents.find(digest, scope);
    if (found || !(await contents.exists(digest))) return found;
    // Whoever asks may give up; others may have joined by then, who read the source.
    if (!(await confirm().catch(() => false))) return undefined;
    await attempt("note who may read", () => contents.grant(digest, scope));
    return contents.find(digest, scope);
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
      const found = await attempt("follow a download", async () => ({
        other: await openOther(ports, wanted.digest, mayFollow(wanted)),
      }));
      if (!found) break;
      const { other } = found;
      if (other === "not-allowed") return { kind: "alone" };
      if (other && other !== "unclear") return other;
      if (!other) looks += 1;
      await sleep(lookPauseMs, undefined, { signal });
    } while (looks < maxLooks && performance.now() < deadlineMs);
    return createOwn(wanted, await createTemporaryPath(layout), undefined);
  }

  async function createOwn({ digest, scopes }: Wanted, path: string, claim: OwnClaim | undefined): Promise<Way> {
    const kept = await createOwnFile(ports, { digest, scopes, path, claim });
    return kept ? { kind: "own", kept } : { kind: "alone" };
  }

  async function useClaim(wanted: Wanted, claim: OwnClaim): Promise<Way> {
    // Whoever had the claim before may have finished since.
    const since = (await contents.exists(wanted.digest)) ? await findFinished(wanted) : undefined;
    if (!since) return createOwn(wanted, claim.path, claim);
    await attempt("end a claim", () => endOwnClaim(context, wanted.digest, claim));
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
          return { bytes: startSource(source, progress), kept: way.kept };
        case "alone":
          return { bytes: startSource(source, progress), onWhole };
      }
    },
  };
}

/** The scope of who downloads is one's own, or the registry says that one may have it too. */
function mayFollow({ scope, confirm }: Wanted): (claim: Claim) => Promise<boolean> {
  return async ({ scopeName }) => scopeName === toScopeName(scope) || (await confirm().catch(() => false));
}
