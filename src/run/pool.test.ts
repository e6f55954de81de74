import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { RunError } from "./errors.ts";
import { createPool, type PoolThread } from "./pool.ts";

/** A thread that answers `echo` messages, and crashes, runs out of memory or hangs when told so. */
class FakeThread extends EventEmitter implements PoolThread {
  terminated = false;

  postMessage(message: unknown): void {
    queueMicrotask(() => {
      if (message === "crash") this.emit("error", new Error("boom"));
      else if (message === "exit") this.emit("exit", 134);
      else if (message === "memory")
        this.emit("error", Object.assign(new Error("heap"), { code: "ERR_WORKER_OUT_OF_MEMORY" }));
      else if (message !== "hang") this.emit("message", message);
    });
  }

  async terminate(): Promise<number> {
    this.terminated = true;
    return 0;
  }
}

function setUp(size: number) {
  const threads: FakeThread[] = [];
  const pool = createPool({
    size,
    startThread() {
      const thread = new FakeThread();
      threads.push(thread);
      return thread;
    },
  });
  return { pool, threads, signal: new AbortController().signal };
}

describe("createPool", () => {
  it("starts threads only when they are needed, and no more than its size", async () => {
    const { pool, threads, signal } = setUp(2);
    expect(threads).toHaveLength(0);
    const first = await pool.lease(signal);
    expect(threads).toHaveLength(1);
    const second = await pool.lease(signal);
    let third = "waiting";
    const waiting = pool.lease(signal).then((lease) => {
      third = "given";
      return lease;
    });
    await Promise.resolve();
    expect([threads.length, third]).toEqual([2, "waiting"]);
    first.release();
    (await waiting).release();
    second.release();
    expect(threads).toHaveLength(2);
  });

  it("hands requests to the leased thread and answers back", async () => {
    const { pool, signal } = setUp(1);
    const lease = await pool.lease(signal);
    expect(await lease.request("echo 1")).toBe("echo 1");
    expect(await lease.request("echo 2")).toBe("echo 2");
    lease.release();
  });

  it.each([
    ["crash", "worker-crashed"],
    ["exit", "worker-crashed"],
    ["memory", "worker-out-of-memory"],
  ])("reports a thread's %s as %s and replaces it", async (message, code) => {
    const { pool, threads, signal } = setUp(1);
    const lease = await pool.lease(signal);
    const waiting = pool.lease(signal);
    await expect(lease.request(message)).rejects.toMatchObject({ code });
    lease.release();
    const next = await waiting;
    expect(await next.request("alive")).toBe("alive");
    expect([threads.length, pool.crashes]).toEqual([2, 1]);
  });

  it("ends a thread that is released while it works", async () => {
    const { pool, threads, signal } = setUp(1);
    const lease = await pool.lease(signal);
    const request = lease.request("hang");
    lease.release();
    await expect(request).rejects.toMatchObject({ code: "aborted" });
    expect(threads[0]?.terminated).toBe(true);
    const next = await pool.lease(signal);
    expect(await next.request("alive")).toBe("alive");
  });

  it("gives a waiter up when its signal says so", async () => {
    const { pool, signal } = setUp(1);
    const lease = await pool.lease(signal);
    const impatient = new AbortController();
    const waiting = pool.lease(impatient.signal);
    impatient.abort(new RunError("too late", { code: "component-timeout" }));
    await expect(waiting).rejects.toMatchObject({ code: "component-timeout" });
    await expect(pool.lease(impatient.signal)).rejects.toMatchObject({ code: "component-timeout" });
    lease.release();
    (await pool.lease(signal)).release();
  });

  it("ends its threads when it is closed", async () => {
    const { pool, threads, signal } = setUp(2);
    (await pool.lease(signal)).release();
    await pool.close();
    expect(threads.map((thread) => thread.terminated)).toEqual([true]);
  });
});
