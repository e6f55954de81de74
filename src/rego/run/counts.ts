import type { CompiledPolicy } from "../compile/index.ts";
import type { PlaceCount } from "./types.ts";

/** The places that were counted, in the order of the policy's locations. */
export function listCounts({ locations }: CompiledPolicy, counts: Float64Array): readonly PlaceCount[] {
  return locations.flatMap((location, index) => {
    const count = counts[index] ?? 0;
    return count === 0 ? [] : [{ location, count }];
  });
}
