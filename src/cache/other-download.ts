import { join } from "node:path";
import type { Digest } from "../types/index.ts";
import { type Claim, endClaim, isClaimAbandoned, readClaim } from "./claims.ts";
import { isBusy } from "./files.ts";
import type { Leases } from "./leases.ts";
import { withRelease } from "./own-download.ts";
import type { Followed } from "./relay.ts";
import type { StoreContext } from "./store-context.ts";

/** How often it is asked whether the process lives that one waits for. */
const livenessMs = 100;

/**
 * What another process' claim on a download means: a file to follow; `not-allowed`: it is for others; `unclear`: its
 * file is about to come; undefined: there is none any more.
 */
export async function openOther(
  { context, leases }: { context: StoreContext; leases: Leases },
  digest: Digest,
  isAllowed: (claim: Claim) => Promise<boolean>,
): Promise<Followed | "not-allowed" | "unclear" | undefined> {
  const { files, layout } = context;
  const path = layout.download(digest);
  const claim = await readClaim(context, path);
  if (!claim) return undefined;
  if (await isClaimAbandoned(context, path)) {
    if (claim === "unknown") await files.remove(path);
    else await endClaim(context, digest, claim);
    return undefined;
  }
  if (claim === "unknown") return "unclear";
  if (!(await isAllowed(claim))) return "not-allowed";
  const release = await leases.take(digest);
  const file = await files.open(join(layout.temporary, claim.part)).catch((thrown: unknown) => {
    if (isBusy(thrown)) return undefined;
    release();
    throw thrown;
  });
  if (file) return toFollowed(context, digest, { claim, file: withRelease(file, release) });
  release();
  return "unclear";
}

function toFollowed(
  context: StoreContext,
  digest: Digest,
  { claim, file }: Pick<Followed, "file"> & { claim: Claim },
): Followed {
  const path = context.layout.download(digest);
  let askedAtMs = performance.now();

  async function look(): Promise<boolean> {
    const now = await readClaim(context, path);
    if (now === undefined || now === "unknown" || now.part !== claim.part) return true;
    if (performance.now() - askedAtMs < livenessMs) return false;
    askedAtMs = performance.now();
    return isClaimAbandoned(context, path);
  }

  return {
    kind: "followed",
    file,
    hasEnded: async () => (await context.attempt("look for a download's end", look)) ?? true,
    async dispossess() {
      await context.attempt("end a claim", () => endClaim(context, digest, claim));
    },
  };
}
