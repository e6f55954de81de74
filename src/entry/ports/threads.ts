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

/** Starts the file that this program runs from as a worker thread. */
export function createThreadStarter(mainFile: string): (prepared: PreparedPolicy) => PoolThread {
  return (prepared) => {
    const setup: WorkerSetup = { prepared };
    return new Worker(mainFile, {
      workerData: setup,
      resourceLimits: { maxOldGenerationSizeMb: workerBytes / mebibyte },
      stdout: false,
      stderr: false,
    });
  };
}

/** Worker threads that fit the cores and the memory of the machine or of its container (cgroup). */
export function countWorkers(): number {
  const memory = Math.min(totalmem(), process.constrainedMemory() || totalmem());
  const fitting = Math.floor((memory - mainThreadBytes) / plannedWorkerBytes);
  return Math.max(1, Math.min(availableParallelism(), fitting));
}
