/** An error as both sides have it. */
export interface Problem {
  code: string;
  row: number;
  message: string;
}

/** JSON text, undefined where the document is undefined; or why there is none. */
export type Answer = { value: string | undefined } | { problems: readonly Problem[] };
