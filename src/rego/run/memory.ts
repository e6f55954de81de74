import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { resourceLimits } from "node:worker_threads";

/** Of that, what may be alive after a collection. */
const worthwhileShare = 0.9;

const mebibyte = 1024 * 1024;

/** On the main thread the heap's limit counts in the space for new objects, which is at most this large. */
const maxYoungBytes = 192 * mebibyte;
const youngShare = 0.4;

/** What an evaluation may fill of the space for older objects: V8 ends the whole process where a fifth of it is left. */
const usableShare = 0.72;

/** Tells whether there are so many bytes of heap left for an evaluation. What is garbage is collected before it says no. */
export function createMemoryCheck(): (bytes: number) => boolean {
  const usable = findOldBytes() * usableShare;
  const fits = (bytes: number, most = usable): boolean => getHeapStatistics().used_heap_size + bytes <= most;
  let collect: (() => void) | undefined;
  return (bytes) => {
    if (fits(bytes)) return true;
    collect ??= findCollector();
    collect();
    // With less to gain, garbage would be collected again and again.
    return fits(bytes, usable * worthwhileShare);
  };
}

function findOldBytes(): number {
  const { maxOldGenerationSizeMb } = resourceLimits;
  if (maxOldGenerationSizeMb !== undefined) return maxOldGenerationSizeMb * mebibyte;
  const limit = getHeapStatistics().heap_size_limit;
  return limit - Math.min(maxYoungBytes, limit * youngShare);
}

/** V8's garbage collector, which a new context has where it is told to show it. */
function findCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
