import type { RequiredPlatforms } from "../inputs/index.ts";
import type { Component, Descriptor, Snapshot } from "../types/index.ts";
import { mapBounded } from "./concurrency.ts";
import { SnapshotError } from "./errors.ts";
import type { ExpandedComponent, ExpandedSnapshot, MissingChild } from "./expanded-snapshot.ts";
import type { IndexReader, ResolvedImage } from "./index-reader.ts";
import { toMissingChildViolation } from "./missing-child.ts";
import {
  createPlatformTally,
  formatPlatform,
  isAttestationManifest,
  isRequired,
  type PlatformTally,
} from "./platforms.ts";

export interface ExpansionOptions {
  readonly platforms: RequiredPlatforms;
  readonly signal: AbortSignal;
  /** Components looked at at once; children of one index too. */
  readonly concurrency: number;
}

/** Indexes within indexes. */
const maxDepth = 4;
/** Children of one component, nested ones included. */
const maxChildren = 1000;

/**
 * Resolves every component and adds the children of those that are image indexes (PARITY 2.3, `DESIGN.md` 8). The same
 * image, named by several components, is asked for once. Rejects only when aborted.
 */
export async function expandIndexes(
  snapshot: Snapshot,
  port: IndexReader,
  options: ExpansionOptions,
): Promise<ExpandedSnapshot> {
  const walks = new Map<string, Promise<Walk>>();
  const tally = createPlatformTally(options.platforms);
  const groups = await mapBounded(snapshot.components, options, async (component) => {
    const image = component.containerImage;
    const walk = walks.get(image) ?? walkImage(image, { port, options, tally });
    walks.set(image, walk);
    return toComponents(component, await walk);
  });
  options.signal.throwIfAborted();
  return { ...snapshot, components: groups.flat(), unlistedPlatforms: tally.unlisted() };
}

/** What was found about one image: itself, and below it what an index lists. */
interface Walk {
  readonly image: string;
  readonly resolved?: ResolvedImage;
  readonly error?: unknown;
  readonly children: readonly ChildWalk[];
  readonly missing: readonly MissingChild[];
  readonly absent: readonly MissingChild[];
}

interface ChildWalk extends Walk {
  /** What follows the component's name: digest and architecture. */
  readonly suffix: string;
}

function undecided(image: string, error: unknown, resolved?: ResolvedImage): Walk {
  const reason = error ?? new Error(`${image} was refused without a reason`);
  return {
    image,
    ...(resolved === undefined ? {} : { resolved }),
    error: reason,
    children: [],
    missing: [],
    absent: [],
  };
}

async function walkImage(image: string, run: RunContext): Promise<Walk> {
  const { port, options } = run;
  try {
    // What a tag's answer says of the media type is the registry's word: what it is, its bytes say, asked for by digest.
    const { reference } = await port.resolve(image, options.signal);
    const resolved = await port.resolve(reference, options.signal);
    return await walkResolved(image, resolved, { ...run, depth: 0, left: { children: maxChildren } });
  } catch (error) {
    return undecided(image, error);
  }
}

/** What all images of a snapshot share. */
interface RunContext {
  readonly port: IndexReader;
  readonly options: ExpansionOptions;
  readonly tally: PlatformTally;
}

interface WalkContext extends RunContext {
  readonly depth: number;
  /** How many children may still come; shared by the whole walk of one image. */
  readonly left: { children: number };
}

async function walkResolved(image: string, resolved: ResolvedImage, context: WalkContext): Promise<Walk> {
  if (!resolved.isIndex) {
    return { image, resolved, children: [], missing: [], absent: [] };
  }
  try {
    return await walkIndex(image, resolved, context);
  } catch (error) {
    return undecided(image, error, resolved);
  }
}

async function walkIndex(image: string, resolved: ResolvedImage, context: WalkContext): Promise<Walk> {
  const { port, options } = context;
  if (context.depth >= maxDepth) {
    throw new SnapshotError(
      `expected image indexes at most ${maxDepth} deep, got a deeper one; list its images as components`,
      { code: "INDEX_TOO_DEEP", subject: resolved.reference },
    );
  }
  const descriptors = await port.readIndex(resolved.reference, options.signal);
  context.tally.add(descriptors);
  context.left.children -= descriptors.length;
  if (context.left.children < 0) {
    throw new SnapshotError(
      `expected an image index with at most ${maxChildren} children, got more; list its images as components`,
      { code: "INDEX_TOO_LARGE", subject: resolved.reference },
    );
  }
  const listed = descriptors
    .map((descriptor, position) => ({ descriptor, position }))
    .filter(({ descriptor }) => !isAttestationManifest(descriptor));
  const walks = await mapBounded(listed, options, async ({ descriptor, position }) => ({
    descriptor,
    child: await walkChild(resolved, descriptor, position, context),
  }));
  const gone = walks.filter(({ child }) => child === undefined).map(({ descriptor }) => descriptor);
  const toMissing = (descriptor: Descriptor): MissingChild => ({
    platform: formatPlatform(descriptor.platform),
    digest: descriptor.digest,
    index: resolved.reference,
  });
  return {
    image,
    resolved,
    children: walks.flatMap(({ child }) => child ?? []),
    missing: gone.filter((one) => isRequired(one, options.platforms)).map(toMissing),
    absent: gone.filter((one) => !isRequired(one, options.platforms)).map(toMissing),
  };
}

/** Undefined where the registry does not hold the child. */
async function walkChild(
  index: ResolvedImage,
  descriptor: Descriptor,
  position: number,
  context: WalkContext,
): Promise<ChildWalk | undefined> {
  const architecture = descriptor.platform?.architecture ?? "";
  const suffix = `${descriptor.digest}-${architecture === "" ? `noarch-${position}` : architecture}`;
  const reference = `${index.repository}@${descriptor.digest}`;
  const { port, options } = context;
  try {
    if (!(await port.exists(index.repository, descriptor.digest, options.signal))) {
      return undefined;
    }
    // The index may call an index an image, whose children nobody would look at.
    const resolved = await port.resolve(reference, options.signal);
    return { suffix, ...(await walkResolved(reference, resolved, { ...context, depth: context.depth + 1 })) };
  } catch (error) {
    return { suffix, ...undecided(reference, error) };
  }
}

function toComponents(component: Component, walk: Walk, parent?: string): readonly ExpandedComponent[] {
  const itself: ExpandedComponent = {
    ...component,
    ...(walk.resolved === undefined ? {} : { resolved: walk.resolved }),
    ...(walk.error === undefined ? {} : { error: walk.error }),
    ...(parent === undefined ? {} : { parent }),
    violations: walk.missing.map(toMissingChildViolation),
    missing: walk.missing,
    absent: walk.absent,
  };
  const children = walk.children.flatMap((child) =>
    toComponents(
      { ...component, name: `${component.name}-${child.suffix}`, containerImage: child.image },
      child,
      walk.resolved?.reference,
    ),
  );
  return [itself, ...children];
}
