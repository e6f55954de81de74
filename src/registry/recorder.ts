import type { RecordedRequest } from "./options.ts";

/** The last requests, in a bounded list, and how many there were in all. */
export interface Recorder {
  record(request: RecordedRequest): void;
  forget(): void;
  readonly requests: readonly RecordedRequest[];
  readonly count: number;
}

/** Keeps the last `maxRequests`; for a moment up to twice as many. */
export function createRecorder(maxRequests: number): Recorder {
  let requests: RecordedRequest[] = [];
  let count = 0;
  return {
    record(request) {
      count += 1;
      requests.push(request);
      // Cut in large steps: shifting a long list for every request would cost more than the request.
      if (requests.length >= 2 * maxRequests) requests = lastOf(requests, maxRequests);
    },
    forget() {
      requests = [];
      count = 0;
    },
    get requests() {
      return lastOf(requests, maxRequests);
    },
    get count() {
      return count;
    },
  };
}

function lastOf<Entry>(list: readonly Entry[], length: number): Entry[] {
  return length === 0 ? [] : list.slice(-length);
}
