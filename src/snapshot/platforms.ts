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

/** Whether a child is what BuildKit attaches to an image (`unknown/unknown`): neither a platform nor an image. */
export function isAttestationManifest(descriptor: Descriptor): boolean {
  return descriptor.platform?.os === "unknown" && descriptor.platform.architecture === "unknown";
}

/** Whether the child must be in the registry; a required platform without a variant stands for all its variants. */
export function isRequired(descriptor: Descriptor, required: RequiredPlatforms): boolean {
  if (required === "all" || required === "none") {
    return required === "all";
  }
  const platform = formatPlatform(descriptor.platform);
  return required.some((wanted) => platform === wanted || platform.startsWith(`${wanted}/`));
}
