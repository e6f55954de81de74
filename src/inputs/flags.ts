/** How a flag's value is written. */
export type FlagKind =
  | "text"
  | "boolean"
  /** Go's duration syntax. */
  | "duration"
  | "size"
  | "count"
  | "decimal"
  /** CSV: commas part entries, repetition appends. */
  | "list"
  /** Known from `ec` and not supported: `instead` says what to do. A value that means "not given" is accepted. */
  | "unsupported"
  /** Like `unsupported`, but takes its value only with `=`. */
  | "unsupported-optional";

/** One flag, as the parser and the help text see it. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly kind: FlagKind;
  /** What stands for the value in the help text. */
  readonly value?: string;
  /** The text that stands in where the flag is not given. */
  readonly fallback?: string;
  readonly choices?: readonly string[];
  readonly help: string;
  readonly instead?: string;
}

/** Flags under one heading of the help text. */
export interface FlagGroup {
  readonly title: string;
  readonly flags: readonly Flag[];
}

/** Whether the flag stands alone, so that the word after it is not its value. */
export function standsAlone(flag: Flag): boolean {
  return flag.kind === "boolean" || flag.kind === "unsupported-optional";
}
