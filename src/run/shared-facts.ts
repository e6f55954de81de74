/**
 * Shares one look-up between all holders of a key, and forgets it when the last of them is done: the memory that it
 * takes does not grow with the number of keys. A failed look-up is forgotten at once, so that the next holder tries again.
 */
export interface SharedFacts<Facts> {
  find(key: string, find: () => Promise<Facts>): Promise<Facts>;
  /** One holder is done with the key. */
  release(key: string): void;
}

export function createSharedFacts<Facts>(keys: readonly (string | undefined)[]): SharedFacts<Facts> {
  const holders = new Map<string, number>();
  for (const key of keys) if (key !== undefined) holders.set(key, (holders.get(key) ?? 0) + 1);
  const flights = new Map<string, Promise<Facts>>();
  return {
    async find(key, find) {
      for (let shared = flights.get(key); shared !== undefined; shared = flights.get(key)) {
        try {
          return await shared;
        } catch {
          // the other holder's failure, perhaps its time limit: this one makes its own try, or joins a newer one
        }
      }
      const flight = find();
      flights.set(key, flight);
      try {
        return await flight;
      } catch (error) {
        flights.delete(key);
        throw error;
      }
    },
    release(key) {
      const left = (holders.get(key) ?? 0) - 1;
      holders.set(key, left);
      if (left <= 0) flights.delete(key);
    },
  };
}
