import { raceAbort, throwIfAborted } from "./abort.ts";

/** Work that several callers may want at once, done once: a flight per key, ended when its last passenger leaves. */
export interface Flights<T> {
  run(key: string, passenger: { signal: AbortSignal; subject: string }, start: Start<T>): Promise<T>;
}

type Start<T> = (signal: AbortSignal) => Promise<T>;

interface Flight<T> {
  readonly controller: AbortController;
  readonly promise: Promise<T>;
  passengers: number;
  isOver: boolean;
}

/**
 * Keeps nothing once a flight is over: results are for the caller to remember, failures are for nobody. A passenger
 * whose signal aborts leaves alone; the work is aborted when nobody waits for it any more.
 */
export function createFlights<T>(): Flights<T> {
  const flights = new Map<string, Flight<T>>();

  function depart(key: string, start: Start<T>): Flight<T> {
    const controller = new AbortController();
    const promise = (async () => start(controller.signal))();
    const flight: Flight<T> = { controller, promise, passengers: 0, isOver: false };
    const end = () => {
      flight.isOver = true;
      if (flights.get(key) === flight) flights.delete(key);
    };
    promise.then(end, end);
    flights.set(key, flight);
    return flight;
  }

  return {
    async run(key, { signal, subject }, start) {
      throwIfAborted(signal, subject);
      const flight = flights.get(key) ?? depart(key, start);
      flight.passengers += 1;
      try {
        return await raceAbort(flight.promise, signal, subject);
      } finally {
        flight.passengers -= 1;
        if (flight.passengers === 0 && !flight.isOver) {
          if (flights.get(key) === flight) flights.delete(key);
          flight.controller.abort(signal.reason);
        }
      }
    },
  };
}
