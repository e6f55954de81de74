export { RunError, type RunErrorCode } from "./errors.ts";
export { createPool, type Lease, type Pool, type PoolOptions, type PoolThread } from "./pool.ts";
export { type EvaluationChannel, serveEvaluations, toFault } from "./serve-evaluations.ts";
export { type Progress, type ValidateImagesPorts, validateImages } from "./validate-images.ts";
