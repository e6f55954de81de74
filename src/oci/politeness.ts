import { throwIfAborted } from "./abort.ts";
import { OciError } from "./errors.ts";
import type { Clock, RetrySettings } from "./registry-client.ts";

export const defaultMaxRetryAfterMs = 120_000;

/** What a registry asked for (429, Retry-After), kept by all requests to it. */
export interface Politeness {
  /** The registry asked to be left alone for so long. */
  askedToWait(ms: number): void;
  /** Waits until the registry may be asked again. Throws `rate-limited` where that is longer than we wait. */
  wait(signal: AbortSignal, subject: string): Promise<void>;
  /** Whether the registry is to be left alone at this moment. */
  isPaused(): boolean;
  /** Whether the registry asked for more than we wait for. */
  isHopeless(): boolean;
  /** Milliseconds in which the registry was left alone. */
  readonly throttledMs: number;
}

export function createPoliteness(options: {
  clock: Clock;
  random: () => number;
  retry: RetrySettings;
  registry: string;
}): Politeness {
  const { clock, random, retry, registry } = options;
  const limitMs = Math.max(retry.maxRetryAfterMs ?? defaultMaxRetryAfterMs, retry.maxWaitMs);
  let untilMs = 0;
  let throttledMs = 0;
  const isHopeless = () => untilMs - clock.nowMs() > limitMs;

  return {
    askedToWait(ms) {
      const now = clock.nowMs();
      const end = now + ms;
      if (end <= untilMs) return;
      // Who will not wait so long asks no more at all.
      if (ms <= limitMs) throttledMs += end - Math.max(now, untilMs);
      untilMs = end;
    },
    async wait(signal, subject) {
      // Another request may move the end while this one sleeps; the bound is the caller's signal and `isHopeless`.
      for (let remaining = untilMs - clock.nowMs(); remaining > 0; remaining = untilMs - clock.nowMs()) {
        if (isHopeless()) {
          throw new OciError(
            `${subject}: ${registry} asked for no more requests for ${Math.ceil(remaining / 1000)} s, longer than the ${Math.ceil(limitMs / 1000)} s that are waited; try again later or with credentials`,
            { code: "rate-limited", subject, status: 429 },
          );
        }
        // Spread out, so that those who waited together do not come back together.
        await clock.sleep(remaining + random() * Math.min(remaining, 1000) * retry.jitter, signal).catch(() => {});
        throwIfAborted(signal, subject);
      }
    },
    isPaused: () => untilMs > clock.nowMs(),
    isHopeless,
    get throttledMs() {
      return throttledMs;
    },
  };
}

/** The pause before try number `attempt` + 2, milliseconds: exponential, bounded, with jitter to both sides. */
export function toBackoffMs(attempt: number, retry: RetrySettings, random: () => number): number {
  const plain = Math.min(retry.baseMs * retry.factor ** attempt, retry.maxWaitMs);
  const varied = plain * (1 + retry.jitter * (2 * random() - 1));
  return Math.max(0, Math.min(varied, retry.maxWaitMs));
}

/**
 * RFC 9110, 10.2.3: seconds or a date, by the clock of who says so (`date`, the header; else ours). Milliseconds from now;
 * undefined where it is absent or malformed.
 */
export function parseRetryAfter(value: string | undefined, nowMs: number, date?: string): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000;
  if (!/^[A-Za-z]{3}/.test(text)) return undefined;
  const end = Date.parse(text);
  const saidAtMs = Date.parse(date ?? "");
  return Number.isNaN(end) ? undefined : Math.max(0, end - (Number.isNaN(saidAtMs) ? nowMs : saidAtMs));
}
