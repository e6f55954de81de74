/** Wakes everybody who waits for something to change; each then looks whether it was what they wait for. */
export interface ChangeSignal {
  /** Fulfilled at the next change. */
  next(): Promise<void>;
  notify(): void;
}

export function createChangeSignal(): ChangeSignal {
  let changed: Promise<void> | undefined;
  let wake = () => {};

  return {
    next() {
      changed ??= new Promise((resolve) => {
        wake = resolve;
      });
      return changed;
    },
    notify() {
      if (changed === undefined) return; // Nobody waits.
      changed = undefined;
      wake();
    },
  };
}
