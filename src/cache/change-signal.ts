/** Wakes everybody who waits for something to change; each then looks whether it was what they wait for. */
export interface ChangeSignal {
  /** Fulfilled at the next change. */
  next(): Promise<void>;
  notify(): void;
}

export function createChangeSignal(): ChangeSignal {
  let fire = () => {};
  let fired = renew();

  function renew(): Promise<void> {
    return new Promise((resolve) => {
      fire = resolve;
    });
  }

  return {
    next: () => fired,
    notify() {
      const wake = fire;
      fired = renew();
      wake();
    },
  };
}
