/** Work on many files that one of them does not end. */
export interface Faults {
  /** Undefined where the work failed. */
  pass<T>(work: () => Promise<T>): Promise<T | undefined>;
  throwFirst(): void;
}

export function createFaults(): Faults {
  let first: { thrown: unknown } | undefined;
  return {
    async pass(work) {
      try {
        return await work();
      } catch (thrown) {
        first ??= { thrown };
        return undefined;
      }
    },
    throwFirst() {
      if (first) throw first.thrown;
    },
  };
}
