import { onceAborted, throwIfAborted, toAbortError } from "./abort.ts";

/** A bound on how many may do something at once; who waits is served in order. */
export interface Slots {
  /** Gives the function that frees the slot; calling it twice does nothing. */
  acquire(signal: AbortSignal, subject: string): Promise<() => void>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const queue: (() => void)[] = [];

  function toRelease(): () => void {
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      const next = queue.shift();
      if (next) next();
      else free += 1;
    };
  }

  return {
    async acquire(signal, subject) {
      throwIfAborted(signal, subject);
      if (free > 0) {
        free -= 1;
        return toRelease();
      }
      return new Promise((resolve, reject) => {
        const onTurn = () => {
          forget();
          resolve(toRelease());
        };
        const onAbort = () => {
          queue.splice(queue.indexOf(onTurn), 1);
          reject(toAbortError(signal, subject));
        };
        const forget = onceAborted(signal, onAbort);
        queue.push(onTurn);
      });
    },
  };
}
