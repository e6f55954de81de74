/** Runs what goes by one key one after the other, in the order in which it came. */
export type KeyedLock = <Value>(key: string, work: () => Promise<Value>) => Promise<Value>;

/** A lock within this process. What failed holds nobody up. */
export function createKeyedLock(): KeyedLock {
  const last = new Map<string, Promise<unknown>>();
  return async function locked<Value>(key: string, work: () => Promise<Value>): Promise<Value> {
    const mine = (last.get(key) ?? Promise.resolve()).then(work, work);
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}
