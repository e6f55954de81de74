import { LRUCache } from "lru-cache";
import type { Json } from "../../types/index.ts";

/** An answer, and whether later calls may have it too. */
export interface Answer {
  value: Json | undefined;
  remember: boolean;
}

interface Flight {
  promise: Promise<Answer>;
  controller: AbortController;
  waiting: number;
}

/** Bytes that a JSON value takes, roughly. */
function sizeOf(value: Json): number {
  return 64 + (typeof value === "string" ? value.length : JSON.stringify(value).length);
}

/** Rejects when the signal aborts, else as the promise does. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) {
    return promise;
  }
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort !== undefined) {
      signal.removeEventListener("abort", onAbort);
    }
  }
}

/**
 * Answers by key, bounded by their size. Equal questions under way are asked once; that one goes on as long as anybody
 * waits for it, and ends with the last.
 */
export class AnswerCache {
  readonly #answers: LRUCache<string, { value: Json }>;
  readonly #flights = new Map<string, Flight>();

  constructor(maxBytes: number) {
    this.#answers = new LRUCache({
      maxSize: maxBytes,
      maxEntrySize: maxBytes,
      sizeCalculation: (entry) => sizeOf(entry.value),
    });
  }

  async get(
    key: string,
    ask: (signal: AbortSignal) => Promise<Answer>,
    signal: AbortSignal | undefined,
  ): Promise<Json | undefined> {
    const known = this.#answers.get(key);
    if (known !== undefined) {
      return known.value;
    }
    const flight = this.#flights.get(key) ?? this.#takeOff(key, ask);
    flight.waiting += 1;
    try {
      return (await orAborted(flight.promise, signal)).value;
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) {
        this.#land(key, flight);
        flight.controller.abort();
      }
    }
  }

  #takeOff(key: string, ask: (signal: AbortSignal) => Promise<Answer>): Flight {
    const controller = new AbortController();
    const promise = ask(controller.signal).then((answer) => {
      if (answer.remember && answer.value !== undefined) {
        this.#answers.set(key, { value: answer.value });
      }
      return answer;
    });
    // Everybody who waits has a handler of their own; without this, a flight that all have left would be unhandled.
    promise.catch(() => undefined);
    const flight: Flight = { promise, controller, waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }

  #land(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) {
      this.#flights.delete(key);
    }
  }
}
