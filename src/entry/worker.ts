import { parentPort, workerData } from "node:worker_threads";
import type { PreparedPolicy } from "../policy/index.ts";
import { serveEvaluations } from "../run/index.ts";

/** What a pool thread is started with. */
export interface WorkerSetup {
  prepared: PreparedPolicy;
}

/** A pool thread's life. */
export function runWorker(): void {
  if (parentPort === null) throw new Error("a worker needs its parent's port");
  const { prepared } = workerData as WorkerSetup; // the only starter is ports/threads.ts
  serveEvaluations(parentPort, prepared);
}
