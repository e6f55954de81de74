import type { Intercept, InterceptedResponse } from "./options.ts";

const maxCounters = 10_000;

/** What `intercept` is told: the request without its body. */
interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Parameters<Intercept>[0]["headers"];
}

/** Asks the hook, and counts for it how often the same method and path came before. */
export function createInterception(intercept: Intercept) {
  const counters = new Map<string, number>();
  return async (asked: Asked): Promise<InterceptedResponse | undefined> => {
    const key = `${asked.method} ${asked.path}`;
    const earlier = counters.get(key) ?? 0;
    if (counters.size >= maxCounters) counters.clear();
    counters.set(key, earlier + 1);
    const { method, path, query, headers } = asked;
    return await intercept({ method, path, query, headers, earlier });
  };
}
