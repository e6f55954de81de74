import { availableParallelism, totalmem } from "node:os";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import type { PreparedPolicy } from "../../policy/index.ts";
import type { PoolThread } from "../../run/index.ts";
import type { WorkerSetup } from "../worker.ts";
import { optimizeAsUsual } from "./optimizer.ts";

const mebibyte = 1024 * 1024;

/** Memory that the main thread needs besides its workers. */
const mainThreadBytes = 160 * mebibyte;

/** What one worker thread may take, and what `workers: auto` plans for each. */
const workerBytes = 1024 * mebibyte;
const plannedWorkerBytes = 96 * mebibyte;

/**
 * Size of one half of a thread's space for new objects, mebibytes. Left alone, Node 24 lets it grow to 64: memory then
 * grows with the number of components although next to nothing of them is kept.
 */
const semiSpaceMebibytes = 4;

/** What `resourceLimits` count as the space for new objects: its two halves, and as much again for large objects. */
const youngGenerationMebibytes = 3 * semiSpaceMebibytes;

/**
 * Keeps this thread's space for new objects at the size that it has, starts that of threads to come at the size that they
 * keep, and looks for garbage among older objects whenever the heap is half as large again as what was alive: what is
 * done with is given back before more components come. To be called before there is much to remember.
 */
export function limitHeapGrowth(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString(`--min-semi-space-size=${semiSpaceMebibytes}`);
  setFlagsFromString("--heap-growing-percent=50");
}

declare const SEALCHECK_WORKER_CODE: (() => string) | undefined;

/**
 * Starts a worker thread that serves evaluations of a policy. The bundle knows which of its parts the worker needs:
 * a thread starts faster and takes less memory without what only the main thread needs.
 */
export function startThread(prepared: PreparedPolicy): PoolThread {
  optimizeAsUsual(); // what threads do they do for many components
  const setup: WorkerSetup = { prepared };
  const resourceLimits = {
    maxOldGenerationSizeMb: workerBytes / mebibyte,
    maxYoungGenerationSizeMb: youngGenerationMebibytes,
  };
  const options = { workerData: setup, resourceLimits };
  return typeof SEALCHECK_WORKER_CODE === "function"
    ? new Worker(SEALCHECK_WORKER_CODE(), { ...options, eval: true })
    : new Worker(new URL("../worker.ts", import.meta.url), options);
}

/** Heap that V8 may need for each byte of a JSON document that it parses: 23, measured, and room for what is there already. */
const heapBytesPerByte = 32;

/** What a heap's limit counts besides the room for old objects: the young ones' three parts, 16 MiB each, 64 from Node 22 on. */
const youngBytes = (Number(process.versions.node.split(".")[0]) < 22 ? 48 : 192) * mebibyte;

/**
 * Most bytes of a JSON document for the heaps of the main thread and of a worker thread. One JSON.parse that outgrows
 * its heap ends the whole process, whichever thread it runs in.
 */
export function findMaxDocumentBytes(mainHeapBytes = getHeapStatistics().heap_size_limit): number {
  const main = Math.max(mainHeapBytes - youngBytes, mainHeapBytes / 4);
  return Math.floor(Math.min(workerBytes, main) / heapBytesPerByte);
}

/** Worker threads that fit the cores and the memory of the machine or of its container (cgroup). */
export function countWorkers(): number {
  const memory = Math.min(totalmem(), process.constrainedMemory() || totalmem());
  const fitting = Math.floor((memory - mainThreadBytes) / plannedWorkerBytes);
  return Math.max(1, Math.min(availableParallelism(), fitting));
}
