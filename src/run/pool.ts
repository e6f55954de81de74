import { RunError } from "./errors.ts";

/** What the pool needs of a thread; `node:worker_threads`' Worker has it. */
export interface PoolThread {
  postMessage(message: unknown): void;
  terminate(): Promise<unknown>;
  on(event: "message", listener: (message: unknown) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "exit", listener: (exitCode: number) => void): unknown;
}

export interface PoolOptions {
  /** Threads at most; they are started when they are needed. */
  size: number;
  startThread(): PoolThread;
}

/** One thread, for the holder's use alone until it is released. One request at a time. */
export interface Lease {
  /**
   * Sends a request and returns the thread's answer.
   *
   * @throws RunError "worker-crashed" or "worker-out-of-memory" when the thread ends instead of answering.
   */
  request(message: unknown): Promise<unknown>;
  /** Gives the thread back. A thread whose request is still running is ended, and replaced when the next one is needed. */
  release(): void;
}

export interface Pool {
  /** Waits for a free thread. @throws RunError "aborted" when the signal comes first. */
  lease(signal: AbortSignal): Promise<Lease>;
  /** Ends all threads. */
  close(): Promise<void>;
  /** Threads that ended by themselves since the pool was made. */
  readonly crashes: number;
}

interface Seat {
  thread: PoolThread;
  alive: boolean;
  waiting: { resolve(answer: unknown): void; reject(error: RunError): void } | undefined;
}

interface Waiter {
  give(seat: Seat): void;
}

/** A bounded set of threads: at most `size` at a time, each leased to one holder, a crashed one replaced. */
export function createPool(options: PoolOptions): Pool {
  const idle: Seat[] = [];
  const seats = new Set<Seat>();
  const waiters: Waiter[] = [];
  let crashes = 0;
  let closed = false;

  function startSeat(): Seat {
    const seat: Seat = { thread: options.startThread(), alive: true, waiting: undefined };
    seats.add(seat);
    seat.thread.on("message", (answer) => {
      const { waiting } = seat;
      seat.waiting = undefined;
      waiting?.resolve(answer);
    });
    seat.thread.on("error", (error) => end(seat, toCrash(error)));
    seat.thread.on("exit", (exitCode) =>
      end(seat, new RunError(`a worker thread ended with exit code ${exitCode}`, { code: "worker-crashed" })),
    );
    return seat;
  }

  function end(seat: Seat, error: RunError): void {
    if (!seat.alive) return;
    seat.alive = false;
    crashes += 1;
    remove(seat);
    seat.waiting?.reject(error);
    seat.waiting = undefined;
    serveWaiters();
  }

  function remove(seat: Seat): void {
    seats.delete(seat);
    const position = idle.indexOf(seat);
    if (position >= 0) idle.splice(position, 1);
  }

  function serveWaiters(): void {
    while (!closed && waiters.length > 0) {
      const seat = idle.pop() ?? (seats.size < options.size ? startSeat() : undefined);
      if (seat === undefined) return;
      waiters.shift()?.give(seat);
    }
  }

  function toLease(seat: Seat): Lease {
    let released = false;
    return {
      request: (message) =>
        new Promise((resolve, reject) => {
          if (!seat.alive) return reject(new RunError("the worker thread has ended", { code: "worker-crashed" }));
          seat.waiting = { resolve, reject };
          seat.thread.postMessage(message);
        }),
      release() {
        if (released) return;
        released = true;
        if (!seat.alive) return;
        if (seat.waiting === undefined) idle.push(seat);
        else discard(seat);
        serveWaiters();
      },
    };
  }

  function discard(seat: Seat): void {
    seat.alive = false;
    remove(seat);
    seat.waiting?.reject(new RunError("the evaluation was given up", { code: "aborted" }));
    seat.waiting = undefined;
    seat.thread.terminate().catch(() => undefined); // an ended thread cannot be ended again: nothing is lost
  }

  return {
    get crashes() {
      return crashes;
    },
    lease(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(toAborted(signal));
        const waiter: Waiter = {
          give(seat) {
            signal.removeEventListener("abort", giveUp);
            resolve(toLease(seat));
          },
        };
        const giveUp = () => {
          const position = waiters.indexOf(waiter);
          if (position >= 0) waiters.splice(position, 1);
          reject(toAborted(signal));
        };
        signal.addEventListener("abort", giveUp, { once: true });
        waiters.push(waiter);
        serveWaiters();
      });
    },
    async close() {
      closed = true;
      const threads = [...seats].map((seat) => {
        seat.alive = false;
        return seat.thread.terminate();
      });
      seats.clear();
      await Promise.allSettled(threads);
    },
  };
}

function toAborted(signal: AbortSignal): unknown {
  return signal.reason ?? new RunError("the run was given up", { code: "aborted" });
}

function toCrash(error: Error): RunError {
  const outOfMemory = "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
  return outOfMemory
    ? new RunError("the evaluation needed more memory than a worker thread may use", {
        code: "worker-out-of-memory",
        cause: error,
      })
    : new RunError(`the evaluation crashed its worker thread: ${error.message}`, {
        code: "worker-crashed",
        cause: error,
      });
}
