import { isJsonObject, type Json } from "../types/index.ts";

/** A shape that a part of the configuration must have. */
export type Shape =
  | { kind: "text" }
  | { kind: "any-object" }
  | { kind: "list"; items: Shape }
  | { kind: "object"; fields: Readonly<Record<string, Shape>>; required?: readonly string[] };

const text: Shape = { kind: "text" };
const texts: Shape = { kind: "list", items: text };
const criteria: Shape = { kind: "object", fields: { include: texts, exclude: texts } };

const volatileCriteria: Shape = {
  kind: "list",
  items: {
    kind: "object",
    required: ["value"],
    fields: {
      value: text,
      effectiveOn: text,
      effectiveUntil: text,
      imageRef: text,
      imageDigest: text,
      imageUrl: text,
      componentNames: texts,
      reference: text,
    },
  },
};

const source: Shape = {
  kind: "object",
  fields: {
    name: text,
    policy: texts,
    data: texts,
    ruleData: { kind: "any-object" },
    config: criteria,
    volatileConfig: { kind: "object", fields: { include: volatileCriteria, exclude: volatileCriteria } },
  },
};

/** The specification of a policy: Conforma's EnterpriseContractPolicy (v1alpha1), `spec`. */
export const specShape: Shape = {
  kind: "object",
  fields: {
    name: text,
    description: text,
    sources: { kind: "list", items: source },
    configuration: { kind: "object", fields: { include: texts, exclude: texts, collections: texts } },
    rekorUrl: text,
    publicKey: text,
    identity: {
      kind: "object",
      fields: { subject: text, subjectRegExp: text, issuer: text, issuerRegExp: text },
    },
  },
};

const kindNames = { text: "a text", "any-object": "an object", list: "a list", object: "an object" } as const;

function nameOfValue(value: Json): string {
  if (value === null) {
    return "null";
  }
  if (Array.isArray(value)) {
    return "a list";
  }
  return typeof value === "object" ? "an object" : typeof value === "string" ? "a text" : `a ${typeof value}`;
}

function suggest(key: string, known: readonly string[]): string {
  const same = known.find((name) => name.toLowerCase() === key.toLowerCase());
  return same === undefined ? `known are ${known.join(", ")}` : `did you mean ${same}?`;
}

function checkObject(value: Json, shape: Extract<Shape, { kind: "object" }>, path: string): string[] {
  if (!isJsonObject(value)) {
    return [`${path || "the policy"}: expected an object, found ${nameOfValue(value)}`];
  }
  const at = (key: string) => (path === "" ? key : `${path}.${key}`);
  const problems = (shape.required ?? [])
    .filter((key) => value[key] === undefined)
    .map((key) => `${at(key)}: is required`);
  for (const [key, item] of Object.entries(value)) {
    const field = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
    if (field === undefined) {
      problems.push(`${at(key)}: is not known here (${suggest(key, Object.keys(shape.fields))})`);
    } else {
      problems.push(...checkShape(item, field, at(key)));
    }
  }
  return problems;
}

/** All the ways in which a value is not of a shape, each with its path. */
export function checkShape(value: Json, shape: Shape, path: string): string[] {
  switch (shape.kind) {
    case "object":
      return checkObject(value, shape, path);
    case "list":
      return Array.isArray(value)
        ? value.flatMap((item: Json, index) => checkShape(item, shape.items, `${path}[${index}]`))
        : [`${path}: expected ${kindNames.list}, found ${nameOfValue(value)}`];
    case "text":
      return typeof value === "string" ? [] : [`${path}: expected ${kindNames.text}, found ${nameOfValue(value)}`];
    case "any-object":
      return isJsonObject(value) ? [] : [`${path}: expected ${kindNames["any-object"]}, found ${nameOfValue(value)}`];
  }
}
