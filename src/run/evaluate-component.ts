import type { ComponentStart, EcHost, PolicyCall, PolicyOutcome } from "../policy/index.ts";
import { type Json, type Log, StageError } from "../types/index.ts";
import { RunError } from "./errors.ts";
import type { EvaluationFault, EvaluationRequest, EvaluationResponse } from "./evaluation-protocol.ts";
import type { Lease, Pool } from "./pool.ts";

/** A fault that a worker thread reported: its code is the worker's stage's. */
export class EvaluationError extends StageError<string> {
  constructor(fault: EvaluationFault) {
    super(fault.message, { code: fault.code, ...(fault.subject === undefined ? {} : { subject: fault.subject }) });
  }
}

export interface EvaluationPorts {
  pool: Pool;
  host: EcHost;
  log: Log;
}

/** Depth of dependency between a policy's look-ups, beyond which a component is given up. */
export const maxPasses = 64;

/**
 * Evaluates the policy for one component in a worker thread. Whatever the policy asks for is fetched here, all calls
 * of a pass in parallel; only the answers go to the worker.
 *
 * @throws EvaluationError what the worker reported
 * @throws RunError "worker-crashed", "worker-out-of-memory", "too-many-passes"
 */
export async function evaluateComponent(
  start: Omit<ComponentStart, "print">,
  ports: EvaluationPorts,
  signal: AbortSignal,
): Promise<PolicyOutcome> {
  const lease = await ports.pool.lease(signal);
  const release = () => lease.release();
  signal.addEventListener("abort", release, { once: true });
  try {
    let response = await send(lease, { kind: "start", start });
    for (let pass = 1; response.kind === "pending"; pass += 1) {
      if (pass > maxPasses) throw toTooManyPasses(response.calls);
      const answers = await answerAll(response.calls, ports.host, signal);
      response = await send(lease, { kind: "answer", answers });
    }
    if (response.kind === "failed") throw new EvaluationError(response.fault);
    for (const line of response.printed) ports.log.debug(`${start.component.name}: ${line}`);
    return response.outcome;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", release);
    release();
  }
}

async function send(lease: Lease, request: EvaluationRequest): Promise<EvaluationResponse> {
  return (await lease.request(request)) as EvaluationResponse; // both ends are this program's
}

async function answerAll(
  calls: readonly PolicyCall[],
  host: EcHost,
  signal: AbortSignal,
): Promise<{ key: string; value: Json | undefined }[]> {
  return await Promise.all(
    calls.map(async (call) => ({
      key: call.key,
      value: await host.answer({ name: call.name, args: call.args }, { signal }),
    })),
  );
}

function toTooManyPasses(calls: readonly PolicyCall[]): RunError {
  const names = [...new Set(calls.map((call) => call.name))].join(", ");
  return new RunError(`the policy still asks for ${names} after ${maxPasses} rounds of look-ups`, {
    code: "too-many-passes",
  });
}
