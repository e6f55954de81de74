import type { RuleResult } from "../types/index.ts";
import type { MissingChild } from "./expanded-snapshot.ts";

/** The violation of an index whose required child is not in the registry; names platform, digest and index. */
export function toMissingChildViolation(child: MissingChild): RuleResult {
  return {
    msg: `The image for the platform ${child.platform}, ${child.digest}, is not in the registry, but the image index ${child.index} lists it; --platforms says which platforms must be there`,
    metadata: {
      code: "builtin.image.platforms_check",
      term: child.platform,
      title: "Required images of the index are there",
      description: "Every image that an image index lists for a required platform is in the registry.",
      solution: `Copy ${child.digest} to the registry, or say with --platforms which platforms it needs to hold.`,
    },
  };
}
