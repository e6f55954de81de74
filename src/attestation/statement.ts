import { type Digest, isDigest, isJsonObject, type JsonObject } from "../types/index.ts";
import { AttestationError } from "./errors.ts";
import { hasManyValues, parseJsonBytes } from "./strict-json.ts";

/** Most bytes of a statement that are parsed: 96 MiB, what an envelope of 128 MiB holds in base64. */
export const maxStatementBytes = 96 * 1024 * 1024;

/** Most values of a statement that is parsed: small ones take many times their bytes. */
export const maxStatementValues = 16_000_000;

/** Most subjects of one statement that are read. */
export const maxSubjects = 100_000;

export const statementTypes = ["https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"] as const;

export type StatementType = (typeof statementTypes)[number];

export interface StatementSubject {
  readonly name?: string;
  /** Lowercase hexadecimal by algorithm. */
  readonly digest: Readonly<Record<string, string>>;
}

/** An in-toto statement v0.1 or v1 (in-toto attestation framework, statement layer). */
export interface Statement {
  readonly type: StatementType;
  readonly predicateType: string;
  readonly subjects: readonly StatementSubject[];
  /** The whole statement as parsed. */
  readonly body: JsonObject;
}

/** Parses an in-toto statement; the limits are checked before parsing. Throws `AttestationError`. */
export function parseStatement(bytes: Uint8Array): Statement {
  const what = "in-toto statement";
  if (bytes.length <= maxStatementBytes && hasManyValues(bytes, maxStatementValues)) {
    throw new AttestationError(`${what}: more than ${maxStatementValues} values`, { code: "too_large" });
  }
  const body = parseJsonBytes(bytes, { maxBytes: maxStatementBytes, what, code: "statement_invalid" });
  if (!isJsonObject(body)) throw invalid("a JSON object was expected");
  const { _type: type, predicateType, subject } = body;
  if (!statementTypes.includes(type as StatementType)) {
    throw invalid(`\`_type\` is ${quote(type)}; ${statementTypes.join(" or ")} was expected`);
  }
  if (typeof predicateType !== "string") throw invalid("`predicateType` must be a string");
  if (subject !== undefined && subject !== null && !Array.isArray(subject)) throw invalid("`subject` must be a list");
  const entries: readonly unknown[] = Array.isArray(subject) ? subject : [];
  if (entries.length > maxSubjects) throw invalid(`${entries.length} subjects; at most ${maxSubjects} are read`);
  return { type: type as StatementType, predicateType, subjects: entries.map(toSubject), body };
}

function toSubject(value: unknown, index: number): StatementSubject {
  if (!isJsonObject(value)) throw invalid(`subject[${index}] must be an object`);
  const digest: Record<string, string> = Object.create(null);
  if (value.digest !== undefined && value.digest !== null) {
    if (!isJsonObject(value.digest)) throw invalid(`subject[${index}].digest must be an object`);
    for (const [algorithm, hex] of Object.entries(value.digest)) {
      if (typeof hex !== "string") throw invalid(`subject[${index}].digest.${algorithm} must be a string`);
      digest[algorithm] = hex;
    }
  }
  return typeof value.name === "string" ? { name: value.name, digest } : { digest };
}

/** Whether some subject names the digest by its SHA-256. */
export function hasSubject(statement: Statement, digest: Digest): boolean {
  return statement.subjects.some(({ digest: set }) => {
    const candidate = `sha256:${set.sha256 ?? ""}`;
    return isDigest(candidate) && candidate === digest;
  });
}

function quote(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 200)) : "missing or no string";
}

function invalid(reason: string): AttestationError {
  return new AttestationError(`not an in-toto statement: ${reason}`, { code: "statement_invalid" });
}
