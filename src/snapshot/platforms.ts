import type { RequiredPlatforms } from "../inputs/index.ts";
import type { Descriptor, Platform } from "../types/index.ts";

/** `os/architecture[/variant]`; `unknown` where the index does not say. */
export function formatPlatform(platform: Platform | undefined): string {
  if (platform === undefined || (platform.os === "" && platform.architecture === "")) {
    return "unknown";
  }
  const variant = platform.variant === undefined || platform.variant === "" ? [] : [platform.variant];
  return [platform.os, platform.architecture, ...variant].join("/");
}

/**
 * Whether a child is what BuildKit attaches to an image: neither a platform nor an image. A platform `unknown/unknown`
 * alone does not make it one: any image can be listed so.
 */
export function isAttestationManifest({ platform, annotations }: Descriptor): boolean {
  return (
    platform?.os === "unknown" &&
    platform.architecture === "unknown" &&
    annotations?.["vnd.docker.reference.type"] === "attestation-manifest"
  );
}

/** The variants that these architectures mean where an index names none, as container runtimes read them. */
const usualVariants: Readonly<Record<string, string>> = { amd64: "v1", arm: "v7", arm64: "v8" };

/**
 * Whether the child must be in the registry; a required platform without a variant stands for all its variants, and a
 * child without one is of its architecture's usual variant.
 */
export function isRequired(descriptor: Descriptor, required: RequiredPlatforms): boolean {
  if (required === "all" || required === "none") {
    return required === "all";
  }
  return required.some((wanted) => isOf(descriptor, wanted));
}

function isOf(descriptor: Descriptor, wanted: string): boolean {
  const platform = formatPlatform(withVariant(descriptor.platform));
  return platform === wanted || platform.startsWith(`${wanted}/`);
}

/** Which of the required platforms some indexes list. */
export interface PlatformTally {
  /** Children of one more index. */
  add(children: readonly Descriptor[]): void;
  /** Required platforms that none of the indexes lists, perhaps misspelt; empty where there was no index. */
  unlisted(): readonly string[];
}

export function createPlatformTally(required: RequiredPlatforms): PlatformTally {
  const wanted = typeof required === "string" ? [] : required;
  let indexes = 0;
  const listed = new Set<string>();
  return {
    add(children) {
      indexes += 1;
      for (const one of wanted) if (children.some((child) => isOf(child, one))) listed.add(one);
    },
    unlisted: () => (indexes === 0 ? [] : wanted.filter((one) => !listed.has(one))),
  };
}

function withVariant(platform: Platform | undefined): Platform | undefined {
  if (platform === undefined || (platform.variant ?? "") !== "") return platform;
  const { architecture } = platform;
  const variant = Object.hasOwn(usualVariants, architecture) ? usualVariants[architecture] : undefined;
  return variant === undefined ? platform : { ...platform, variant };
}
