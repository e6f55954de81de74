import { parentPort, workerData } from "node:worker_threads";
import type { PreparedPolicy } from "../policy/index.ts";
import { serveEvaluations } from "../run/index.ts";

/** What a pool thread is started with. */
export interface WorkerSetup {
  prepared: PreparedPolicy;
}

/** A pool thread's life: this file is what it runs, and it holds no more of the program than that. */
if (parentPort === null) throw new Error("this file is run by a worker thread");
const { prepared } = workerData as WorkerSetup; // the only starter is ports/threads.ts
serveEvaluations(parentPort, prepared);
