import { isJsonObject } from "../types/index.ts";

/** Most problems that are listed of one document. */
export const maxProblems = 100;

/** Adds what is wrong with a value to the problems, each with its path. */
export type Shape = (value: unknown, path: string, problems: string[]) => void;

/** The problems of a document; empty where it is of the shape. */
export function findProblems(shape: Shape, value: unknown): readonly string[] {
  const problems: string[] = [];
  shape(value, "", problems);
  return problems;
}

/** An object: members that it must have, and the shapes of those that it has. Others are free. */
export function objectOf(members: Readonly<Record<string, Shape>>, required: readonly string[] = []): Shape {
  return (value, path, problems) => {
    if (!isJsonObject(value)) return add(problems, path, "an object was expected");
    for (const name of required) {
      if (!Object.hasOwn(value, name)) add(problems, path, `\`${name}\` is missing`);
    }
    for (const [name, shape] of Object.entries(members)) {
      if (Object.hasOwn(value, name)) shape(value[name], path === "" ? name : `${path}.${name}`, problems);
    }
  };
}

export function listOf(item: Shape, { minItems = 0 } = {}): Shape {
  return (value, path, problems) => {
    if (!Array.isArray(value)) return add(problems, path, "a list was expected");
    if (value.length < minItems) add(problems, path, `at least ${minItems} was expected, there are ${value.length}`);
    for (let index = 0; index < value.length && problems.length < maxProblems; index++) {
      item(value[index], `${path}[${index}]`, problems);
    }
  };
}

export function textOf({ minLength = 0 } = {}): Shape {
  return (value, path, problems) => {
    if (typeof value !== "string") add(problems, path, "a string was expected");
    else if (value.length < minLength) add(problems, path, "a non-empty string was expected");
  };
}

export function oneOf(...texts: readonly string[]): Shape {
  return (value, path, problems) => {
    if (!texts.some((text) => text === value)) add(problems, path, `${texts.join(" or ")} was expected`);
  };
}

export const truth: Shape = (value, path, problems) => {
  if (typeof value !== "boolean") add(problems, path, "true or false was expected");
};

/** RFC 3986: a URI with a scheme. */
export const uri: Shape = (value, path, problems) => {
  if (typeof value !== "string" || !isUri(value)) add(problems, path, "a URI with a scheme was expected");
};

function isUri(text: string): boolean {
  const stray = /[\p{Cc}\s]|%(?![0-9A-Fa-f]{2})/u; // control characters, blanks, broken escapes
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) && !stray.test(text);
}

/** RFC 3339 in UTC: it ends in `Z`. */
export const timestamp: Shape = (value, path, problems) => {
  if (typeof value !== "string" || !isTimestamp(value)) {
    add(problems, path, "a time in UTC such as 2026-01-31T12:00:00Z was expected");
  }
};

const timestampPattern = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?Z$/;

function isTimestamp(text: string): boolean {
  const [, day, hour, minute, second] = timestampPattern.exec(text) ?? [];
  if (day === undefined) return false;
  const date = new Date(`${day}T00:00:00Z`);
  const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
  const leap = second === "60" && minute === "59" && hour === "23";
  return exists && Number(hour) < 24 && Number(minute) < 60 && (Number(second) < 60 || leap);
}

/** Lowercase hexadecimal digests by algorithm, of the named algorithms only. */
export function digestSet(algorithms: ReadonlySet<string>): Shape {
  return (value, path, problems) => {
    if (!isJsonObject(value)) return add(problems, path, "an object was expected");
    for (const [algorithm, digest] of Object.entries(value)) {
      if (problems.length >= maxProblems) return;
      const where = `${path}.${algorithm.slice(0, 100)}`;
      if (!algorithms.has(algorithm)) add(problems, where, "the digest algorithm is not known");
      if (typeof digest !== "string" || !/^[a-f0-9]+$/.test(digest))
        add(problems, where, "lowercase hexadecimal digits were expected");
    }
  };
}

function add(problems: string[], path: string, problem: string): void {
  if (problems.length < maxProblems) problems.push(`${path === "" ? "statement" : path}: ${problem}`);
}
