import { setMaxListeners } from "node:events";
import { OciError } from "./errors.ts";

/** What a caller's signal means as an error: `timeout` where it was a deadline, otherwise `aborted`. */
export function toAbortError(signal: AbortSignal, subject: string): OciError {
  const isDeadline = signal.reason instanceof Error && signal.reason.name === "TimeoutError";
  return isDeadline
    ? new OciError(`${subject}: the time allowed for this was over before the registry had answered`, {
        code: "timeout",
        subject,
        cause: signal.reason,
      })
    : new OciError(`${subject}: given up because the caller asked to`, {
        code: "aborted",
        subject,
        cause: signal.reason,
      });
}

export function throwIfAborted(signal: AbortSignal, subject: string): void {
  if (signal.aborted) throw toAbortError(signal, subject);
}

/** Calls back when the signal aborts; gives the function that ends this. */
export function onceAborted(signal: AbortSignal, listener: () => void): () => void {
  // One signal stands for a whole run: many may listen to it, which Node 20 takes for a leak.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

/** The promise's result, or the signal's error when that comes first. The promise itself goes on. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal, subject: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(toAbortError(signal, subject));
    if (signal.aborted) return onAbort();
    promise.then(resolve, reject).finally(onceAborted(signal, onAbort));
  });
}

export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether the deadline, not the parent, ended it. */
  readonly isOver: boolean;
  /** Stops the clock; the parent's abort still passes through. */
  stop(): void;
  /** Stops the clock and lets go of the parent. */
  release(): void;
}

/** A signal that follows its parent and also aborts after some time. Must be released. */
export function createDeadline(parent: AbortSignal, timeoutMs: number): Deadline {
  const controller = new AbortController();
  let isOver = false;
  const onAbort = () => controller.abort(parent.reason);
  const forget = onceAborted(parent, onAbort);
  if (parent.aborted) onAbort();
  const timer = setTimeout(() => {
    isOver = true;
    controller.abort(new DOMException("no answer in time", "TimeoutError"));
  }, timeoutMs);
  const stop = () => clearTimeout(timer);
  return {
    signal: controller.signal,
    get isOver() {
      return isOver;
    },
    stop,
    release() {
      stop();
      forget();
    },
  };
}
