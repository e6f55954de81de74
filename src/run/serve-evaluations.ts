import {
  type ComponentEvaluation,
  type LoadedPreparedPolicy,
  loadPreparedPolicy,
  type PreparedPolicy,
} from "../policy/index.ts";
import { StageError, toErrorMessage } from "../types/index.ts";
import type { EvaluationFault, EvaluationRequest, EvaluationResponse } from "./evaluation-protocol.ts";

/** A worker thread's end of the channel to the pool. */
export interface EvaluationChannel {
  postMessage(response: EvaluationResponse): void;
  on(event: "message", listener: (request: EvaluationRequest) => void): unknown;
}

const maxPrintedLines = 1000;
const maxPrintedCharacters = 2000;

/** A worker thread's life: loads the policy with the first request, then answers one request after another. */
export function serveEvaluations(channel: EvaluationChannel, prepared: PreparedPolicy): void {
  let loaded: LoadedPreparedPolicy | undefined;
  let evaluation: ComponentEvaluation | undefined;
  let printed: string[] = [];

  function start(request: Extract<EvaluationRequest, { kind: "start" }>): void {
    loaded ??= loadPreparedPolicy(prepared);
    printed = [];
    evaluation = loaded.startComponent({
      ...request.start,
      print: (text) => {
        if (printed.length < maxPrintedLines) printed.push(text.slice(0, maxPrintedCharacters));
      },
    });
  }

  function step(): EvaluationResponse {
    if (evaluation === undefined) throw new Error("no evaluation was started");
    const result = evaluation.step();
    if (result.kind === "pending") return result;
    evaluation = undefined;
    return { kind: "done", outcome: result.outcome, printed };
  }

  channel.on("message", (request) => {
    try {
      if (request.kind === "start") start(request);
      else for (const { key, value } of request.answers) evaluation?.answer(key, value);
      channel.postMessage(step());
    } catch (error) {
      evaluation = undefined;
      channel.postMessage({ kind: "failed", fault: toFault(error) });
    }
  });
}

/** An error as the report and another thread take it. */
export function toFault(error: unknown): EvaluationFault {
  if (error instanceof StageError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.subject === undefined ? {} : { subject: error.subject }),
    };
  }
  return { code: "internal", message: toErrorMessage(error) };
}
