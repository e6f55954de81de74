import { describe, expect, it, vi } from "vitest";
import { startDeadline, toComponentTimeout } from "./deadline.ts";

describe("startDeadline", () => {
  it("aborts with the error when the time is up", () => {
    vi.useFakeTimers();
    const deadline = startDeadline(new AbortController().signal, 1000, () => toComponentTimeout("app", 1000));
    vi.advanceTimersByTime(999);
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(deadline.signal.reason).toMatchObject({ code: "component-timeout", subject: "app" });
    vi.useRealTimers();
  });

  it("aborts with its parent's reason, also one that came before", () => {
    const parent = new AbortController();
    const deadline = startDeadline(parent.signal, 0, () => toComponentTimeout("app", 0));
    parent.abort("stop");
    expect(deadline.signal.reason).toBe("stop");
    expect(startDeadline(parent.signal, 10, () => toComponentTimeout("app", 10)).signal.reason).toBe("stop");
  });

  it("has no limit at 0, and none after it was cleared", () => {
    vi.useFakeTimers();
    const parent = new AbortController();
    const unlimited = startDeadline(parent.signal, 0, () => toComponentTimeout("app", 0));
    const cleared = startDeadline(parent.signal, 10, () => toComponentTimeout("app", 10));
    cleared.clear();
    vi.advanceTimersByTime(1_000_000);
    parent.abort("stop");
    expect([unlimited.signal.reason, cleared.signal.aborted]).toEqual(["stop", false]);
    vi.useRealTimers();
  });
});
