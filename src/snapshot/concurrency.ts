/** Maps with at most `concurrency` calls under way, and keeps the order. The first rejection rejects; nothing new starts then. */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  options: { readonly concurrency: number; readonly signal: AbortSignal },
  map: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const queue = items.entries();
  let failed = false;
  async function work(): Promise<void> {
    for (const [position, item] of queue) {
      if (failed) {
        return;
      }
      options.signal.throwIfAborted();
      results[position] = await map(item);
    }
  }
  async function guarded(): Promise<void> {
    try {
      await work();
    } catch (error) {
      failed = true;
      throw error;
    }
  }
  const workers = Math.max(1, Math.min(options.concurrency, items.length));
  await Promise.all(Array.from({ length: workers }, guarded));
  return results;
}
