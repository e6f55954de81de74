import { isJsonObject, type Json, type ResultMetadata } from "../types/index.ts";
import { type ResultKind, resultKindOf } from "./check-rules.ts";
import { PolicyError } from "./errors.ts";

/** One result as a rule gave it. */
export interface RawResult {
  kind: ResultKind;
  msg: string;
  metadata: ResultMetadata;
}

const ownKeys: ReadonlySet<string> = new Set(["msg", "_loc"]);

function toMetadata(element: Readonly<Record<string, Json>>): ResultMetadata {
  return Object.fromEntries(Object.entries(element).filter(([key]) => !ownKeys.has(key)));
}

/**
 * The results in the value of a rule (`data.<package>.deny`, a set or list): texts are messages, objects have a `msg`
 * and metadata. Empty messages are passes. A value of another kind holds no results, as with Conforma; a note says so.
 *
 * @throws {PolicyError} `result-invalid` where an object has no text as `msg`
 */
export function collectResults(rule: string, name: string, value: Json | undefined, notes: Set<string>): RawResult[] {
  const kind = resultKindOf(name);
  if (kind === undefined || value === undefined) {
    return [];
  }
  if (!Array.isArray(value)) {
    notes.add(`${rule} gave neither a set nor a list: it was ignored; checks are written "${name} contains result if"`);
    return [];
  }
  const results: RawResult[] = [];
  for (const element of value as readonly Json[]) {
    if (typeof element === "string") {
      results.push({ kind, msg: element, metadata: {} });
    } else if (isJsonObject(element)) {
      results.push({ kind, msg: messageOf(rule, element), metadata: toMetadata(element) });
    } else {
      notes.add(`${rule} gave a result that is neither a text nor an object: it was ignored`);
    }
  }
  return results.filter(({ msg }) => msg !== "");
}

function messageOf(rule: string, element: Readonly<Record<string, Json>>): string {
  if (typeof element.msg === "string") {
    return element.msg;
  }
  const code = typeof element.code === "string" ? ` (code ${element.code})` : "";
  throw new PolicyError(
    `${rule}${code} gave a result without a message: expected an object with a string "msg", found ` +
      (element.msg === undefined
        ? `only ${Object.keys(element).join(", ") || "nothing"}`
        : `the msg ${JSON.stringify(element.msg)}`),
    { code: "result-invalid", subject: rule },
  );
}

/** The names that an `exception` document excuses: the texts in its lists (`exception contains ["name"]`). */
export function collectExceptions(value: Json | undefined): Set<string> {
  const membersOf = (collection: Json): readonly Json[] => {
    if (Array.isArray(collection)) {
      return collection;
    }
    return isJsonObject(collection) ? Object.values(collection) : [];
  };
  const members = value === undefined ? [] : membersOf(value).flatMap(membersOf);
  return new Set(members.filter((member) => typeof member === "string"));
}
