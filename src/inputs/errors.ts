import { StageError } from "../types/index.ts";

/** One thing wrong with the inputs: what was expected, what came, what to do. */
export interface InputProblem {
  /** The flag, input, variable or argument that it is about, as the user wrote or would write it. */
  subject: string;
  /** One sentence or two, without a trailing newline; never a secret. */
  message: string;
}

export type InputErrorCode = "INPUTS_INVALID";

/** Every problem of the inputs at once; a usage error (exit code 2). */
export class InputError extends StageError<InputErrorCode> {
  readonly problems: readonly InputProblem[];

  constructor(problems: readonly InputProblem[]) {
    super(problems.map((problem) => `${problem.subject}: ${problem.message}`).join("\n"), {
      code: "INPUTS_INVALID",
      ...(problems[0] === undefined ? {} : { subject: problems[0].subject }),
    });
    this.problems = problems;
  }
}
