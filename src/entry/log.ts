import type { LogLevel } from "../inputs/index.ts";
import { toOneLine } from "../report/index.ts";
import type { Log } from "../types/index.ts";

const ranks = { error: 0, warning: 1, info: 2, debug: 3 } as const;

/** A log that writes lines of at most the level's importance. */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
  const allowed = ranks[level];
  const writeAt = (kind: keyof typeof ranks) => (message: string) => {
    if (ranks[kind] <= allowed) write(`${kind}: ${toOneLine(message)}`);
  };
  return { error: writeAt("error"), warning: writeAt("warning"), info: writeAt("info"), debug: writeAt("debug") };
}
