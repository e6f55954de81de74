import type { ComponentStart, PolicyCall, PolicyOutcome } from "../policy/index.ts";
import type { Json } from "../types/index.ts";

/** What the main thread asks of a worker thread. One evaluation at a time. */
export type EvaluationRequest =
  | { kind: "start"; start: Omit<ComponentStart, "print"> }
  | { kind: "answer"; answers: readonly { key: string; value: Json | undefined }[] };

/** An error as it crosses threads. */
export interface EvaluationFault {
  code: string;
  message: string;
  subject?: string;
}

/** What a worker thread answers. */
export type EvaluationResponse =
  | { kind: "pending"; calls: readonly PolicyCall[] }
  | { kind: "done"; outcome: PolicyOutcome; printed: readonly string[] }
  | { kind: "failed"; fault: EvaluationFault };
