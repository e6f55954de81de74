import type { Watch } from "../compile/index.ts";
import type { RegoError } from "../errors.ts";
import type { FailedRule, PlaceCount } from "../run/index.ts";
import type { Module } from "../syntax/index.ts";
import type { RegoObject } from "../value/index.ts";

/** The files that tests are loaded from. Paths have `/` or the platform's separators, as the caller gave them. */
export interface PolicyFiles {
  /** What is at a path, symbolic links followed; undefined where there is nothing. */
  kind(path: string): Promise<"file" | "directory" | undefined>;
  /** The names in a directory, in any order. */
  list(path: string): Promise<readonly string[]>;
  /** A file's bytes. Throws where they are more than `maxBytes`. */
  read(path: string, limits: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array>;
}

/** What a document turned out to be. */
export type TestEvaluation =
  | {
      /** As JSON; sets are lists. */
      value: unknown;
      defined: boolean;
      /** What was printed, in lines. */
      output?: string;
      /** What `trace` was given. */
      notes?: readonly string[];
    }
  | { error: RegoError | Error; output?: string };

/** Evaluates documents of compiled modules. */
export interface TestEvaluator {
  /** The document at a path below `data`. */
  evaluate(path: readonly string[], options: { signal: AbortSignal }): Promise<TestEvaluation>;
  /** What was evaluated so far. Needed where rows are watched. */
  counts?(): readonly PlaceCount[];
  /** What was not true in the document that was evaluated last. Needed where failures are watched. */
  failures?(): FailedRule | undefined;
}

/** What an evaluator is made from. */
export interface TestProgram {
  modules: readonly Module[];
  documents: RegoObject;
  /** Every path that will be asked for. */
  entrypoints: readonly (readonly string[])[];
  /** What is to be watched. */
  watch: Watch;
}

/** Compiles. Throws RegoErrors with everything that is wrong with the modules. */
export type CreateTestEvaluator = (program: TestProgram) => TestEvaluator;
