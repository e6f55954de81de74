import { availableParallelism, totalmem } from "node:os";
import { Worker } from "node:worker_threads";
import type { PreparedPolicy } from "../../policy/index.ts";
import type { PoolThread } from "../../run/index.ts";
import type { WorkerSetup } from "../worker.ts";

const mebibyte = 1024 * 1024;

/** Memory that the main thread needs besides its workers. */
const mainThreadBytes = 160 * mebibyte;

/** What one worker thread may take, and what `workers: auto` plans for each. */
const workerBytes = 512 * mebibyte;
const plannedWorkerBytes = 96 * mebibyte;

declare const SEALCHECK_WORKER_CODE: string | undefined;

/**
 * Starts a worker thread that serves evaluations of a policy. The bundle holds the worker's code as a text of its own:
 * a thread starts faster and takes less memory without what only the main thread needs.
 */
export function startThread(prepared: PreparedPolicy): PoolThread {
  const setup: WorkerSetup = { prepared };
  const options = { workerData: setup, resourceLimits: { maxOldGenerationSizeMb: workerBytes / mebibyte } };
  return typeof SEALCHECK_WORKER_CODE === "string"
    ? new Worker(SEALCHECK_WORKER_CODE, { ...options, eval: true })
    : new Worker(new URL("../worker.ts", import.meta.url), options);
}

/** Worker threads that fit the cores and the memory of the machine or of its container (cgroup). */
export function countWorkers(): number {
  const memory = Math.min(totalmem(), process.constrainedMemory() || totalmem());
  const fitting = Math.floor((memory - mainThreadBytes) / plannedWorkerBytes);
  return Math.max(1, Math.min(availableParallelism(), fitting));
}
