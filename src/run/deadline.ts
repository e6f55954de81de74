import { setMaxListeners } from "node:events";
import { RunError } from "./errors.ts";

/** A time limit below another signal. `clear` must be called when the work is done. */
export interface Deadline {
  signal: AbortSignal;
  clear(): void;
}

/** @param timeoutMs Milliseconds; 0 is no limit. The signal's reason is the error then. */
export function startDeadline(parent: AbortSignal, timeoutMs: number, toError: () => RunError): Deadline {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // every request of a component listens to it
  const timer = timeoutMs === 0 ? undefined : setTimeout(() => controller.abort(toError()), timeoutMs);
  const follow = () => controller.abort(parent.reason);
  if (parent.aborted) follow();
  parent.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      parent.removeEventListener("abort", follow);
    },
  };
}

/** The error of a component whose time is up. */
export function toComponentTimeout(name: string, timeoutMs: number): RunError {
  return new RunError(
    `${name} was not decided within ${timeoutMs} ms: raise --component-timeout, or look in the log for what it waited for`,
    { code: "component-timeout", subject: name },
  );
}

/** The error of everything that is not done when the whole run's time is up. */
export function toRunTimeout(timeoutMs: number): RunError {
  return new RunError(
    `the run took longer than ${timeoutMs} ms: raise --timeout, or validate fewer components in one run`,
    {
      code: "run-timeout",
    },
  );
}
