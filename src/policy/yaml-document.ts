import { type Document, LineCounter, parseAllDocuments, type Tags } from "yaml";
import type { Json } from "../types/index.ts";

/** Why a text is no document: in words, with line and column where known. */
export interface YamlProblem {
  message: string;
  line?: number;
  column?: number;
}

export type YamlResult = { ok: true; value: Json; documents: number } | { ok: false; problem: YamlProblem };

/**
 * The tags of YAML 1.1 as Conforma's reader resolves them: timestamps stay texts, and there are no base-60 numbers.
 */
function chooseTags(tags: Tags): Tags {
  return tags.filter((tag) => {
    if (typeof tag === "string") {
      return tag !== "timestamp" && tag !== "intTime" && tag !== "floatTime";
    }
    return tag.tag !== "tag:yaml.org,2002:timestamp" && tag.format !== "TIME";
  });
}

function toProblem(document: Document.Parsed): YamlProblem | undefined {
  const error = document.errors[0];
  if (error === undefined) {
    return undefined;
  }
  const [start] = error.linePos ?? [];
  const message = error.message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? error.code;
  return start === undefined ? { message } : { message, line: start.line, column: start.col };
}

/**
 * Reads YAML 1.1, and so JSON: unquoted yes, no, on, off, y, n are booleans, a leading zero means octal, `_` in numbers
 * is dropped. Keys that are not texts become their text. Of several documents the first is read; of several equal keys
 * the last.
 */
export function parseYaml(text: string): YamlResult {
  const documents = parseAllDocuments(text, {
    version: "1.1",
    customTags: chooseTags,
    uniqueKeys: false,
    lineCounter: new LineCounter(),
    logLevel: "silent",
  });
  const [first] = Array.isArray(documents) ? documents : [];
  if (first === undefined) {
    return { ok: true, value: null, documents: 0 };
  }
  const problem = toProblem(first);
  if (problem !== undefined) {
    return { ok: false, problem };
  }
  try {
    return { ok: true, value: first.toJS({ maxAliasCount: 100 }) as Json, documents: documents.length };
  } catch (error) {
    return { ok: false, problem: { message: error instanceof Error ? error.message : String(error) } };
  }
}

/** `line 3, column 7: what is wrong`. */
export function describeProblem(problem: YamlProblem): string {
  const at = problem.line === undefined ? "" : `line ${problem.line}, column ${problem.column ?? 1}: `;
  return `${at}${problem.message}`;
}
