import { parseDate, parseRfc3339 } from "./rfc3339.ts";
import type { Criteria, GlobalConfiguration, VolatileCriteria, VolatileCriterion } from "./spec.ts";

/** What a source group's configuration says about including and excluding. */
export interface CriteriaConfiguration {
  config?: Criteria;
  volatileConfig?: VolatileCriteria;
  /** The policy's deprecated settings for sources without their own. */
  global?: GlobalConfiguration;
}

/** Entries of one direction, by what they apply to. */
export interface ScopedCriteria {
  everywhere: readonly string[];
  /** By repository or digest. */
  byImage: ReadonlyMap<string, readonly string[]>;
  byComponent: ReadonlyMap<string, readonly string[]>;
}

export interface ResolvedCriteria {
  include: ScopedCriteria;
  exclude: ScopedCriteria;
  /** Entries that were skipped, and why. */
  notes: readonly string[];
}

/** The image and component that entries may be scoped to. */
export interface CriteriaTarget {
  /** Pinned: `repository@sha256:...`. */
  imageRef: string;
  /** Empty where component scopes do not count. */
  componentName: string;
}

class ScopedBuilder implements ScopedCriteria {
  readonly everywhere: string[] = [];
  readonly byImage = new Map<string, string[]>();
  readonly byComponent = new Map<string, string[]>();

  get isEmpty(): boolean {
    return this.everywhere.length === 0 && this.byImage.size === 0 && this.byComponent.size === 0;
  }

  addVolatile(criterion: VolatileCriterion): void {
    const image = criterion.imageRef || criterion.imageUrl || criterion.imageDigest;
    const names = criterion.componentNames ?? [];
    if (image) {
      append(this.byImage, image, criterion.value);
    } else if (names.length > 0) {
      for (const name of names) {
        append(this.byComponent, name, criterion.value);
      }
    } else {
      this.everywhere.push(criterion.value);
    }
  }
}

function append(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key) ?? [];
  list.push(value);
  map.set(key, list);
}

function parseBound(text: string | undefined, missing: bigint): bigint | undefined {
  return text === undefined || text === "" ? missing : (parseRfc3339(text) ?? parseDate(text));
}

function addActive(
  builder: ScopedBuilder,
  criteria: readonly VolatileCriterion[] | undefined,
  timeNs: bigint,
  notes: string[],
): void {
  for (const criterion of criteria ?? []) {
    const from = parseBound(criterion.effectiveOn, timeNs);
    const until = parseBound(criterion.effectiveUntil, timeNs);
    if (from === undefined || until === undefined) {
      const wrong = from === undefined ? criterion.effectiveOn : criterion.effectiveUntil;
      notes.push(
        `skipping volatile criteria ${JSON.stringify(criterion.value)}: ${JSON.stringify(wrong)} is neither an ` +
          "RFC 3339 time nor a date",
      );
    } else if (from <= timeNs && timeNs <= until) {
      builder.addVolatile(criterion);
    }
  }
}

/**
 * The entries that count at a time: the source's own, then the active volatile ones; the policy's deprecated settings
 * where both directions are empty; `*` where nothing is included.
 */
export function resolveCriteria(configuration: CriteriaConfiguration, timeNs: bigint): ResolvedCriteria {
  const { config, volatileConfig, global } = configuration;
  const notes: string[] = [];
  const include = new ScopedBuilder();
  const exclude = new ScopedBuilder();
  include.everywhere.push(...(config?.include ?? []));
  exclude.everywhere.push(...(config?.exclude ?? []));
  addActive(include, volatileConfig?.include, timeNs, notes);
  addActive(exclude, volatileConfig?.exclude, timeNs, notes);
  if (include.isEmpty && exclude.isEmpty && global !== undefined) {
    const collections = (global.collections ?? []).map((name) => `@${name}`);
    include.everywhere.push(...(global.include ?? []), ...collections);
    exclude.everywhere.push(...(global.exclude ?? []));
  }
  if (include.isEmpty) {
    include.everywhere.push("*");
  }
  return { include, exclude, notes };
}

/** What the expansion of an image index appends to a component's name. */
const childSuffix = /-sha256:[0-9a-f]{64}-\S+$/;

function keysOfImage(imageRef: string): string[] {
  const separator = imageRef.indexOf("@");
  return separator === -1 ? [imageRef] : [imageRef.slice(0, separator), imageRef.slice(separator + 1)];
}

/** The entries that apply to an image and a component: those of its repository and digest, of its name, of all. */
export function entriesFor(criteria: ScopedCriteria, { imageRef, componentName }: CriteriaTarget): string[] {
  const original = componentName.replace(childSuffix, "");
  const names = componentName === "" ? [] : [...new Set([componentName, original])];
  return [
    ...keysOfImage(imageRef).flatMap((key) => criteria.byImage.get(key) ?? []),
    ...names.flatMap((name) => criteria.byComponent.get(name) ?? []),
    ...criteria.everywhere,
  ];
}

/** Includes whose match is asked for: all but those of components, also those of other images. */
export function entriesToMatch(criteria: ScopedCriteria): Set<string> {
  return new Set([...criteria.everywhere, ...[...criteria.byImage.values()].flat()]);
}
