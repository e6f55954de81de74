/**
 * Shares one call among those who need its value at the same time or later. A failure is not remembered. Each caller
 * waits under its own signal; the call itself is given up when nobody waits for it any more.
 */
export function createSingleFlight<T>(
  call: (options: { signal: AbortSignal }) => Promise<T>,
): (options: { signal: AbortSignal }) => Promise<T> {
  let flight: { readonly promise: Promise<T>; readonly ending: AbortController; waiting: number } | undefined;

  function takeOff() {
    const ending = new AbortController();
    const promise = call({ signal: ending.signal });
    const started = { promise, ending, waiting: 0 };
    promise.catch(() => {
      if (flight === started) flight = undefined;
    });
    return started;
  }

  return async ({ signal }) => {
    signal.throwIfAborted();
    flight ??= takeOff();
    const mine = flight;
    mine.waiting += 1;
    try {
      return await untilAborted(mine.promise, signal);
    } finally {
      mine.waiting -= 1;
      if (mine.waiting === 0 && signal.aborted) {
        if (flight === mine) flight = undefined;
        mine.ending.abort(signal.reason);
      }
    }
  };
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
