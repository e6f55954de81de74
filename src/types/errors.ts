/** What every stage's error carries besides its message. */
export interface StageErrorOptions<Code extends string> {
  code: Code;
  /** What the error is about: a reference, a file, a policy source. Never a secret, never a URL's query. */
  subject?: string;
  /** Whether the same call may succeed later (a network fault), as opposed to a final answer. */
  retryable?: boolean;
  cause?: unknown;
}

/**
 * Base of the stages' errors. Each stage derives one class with a closed union of codes; callers branch on `code`,
 * never on the message. The message says what was expected, what came, and what to do.
 */
export abstract class StageError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly subject: string | undefined;
  readonly retryable: boolean;

  constructor(message: string, options: StageErrorOptions<Code>) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.subject = options.subject;
    this.retryable = options.retryable ?? false;
  }
}

/** The text of whatever was thrown. */
export function toErrorMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
