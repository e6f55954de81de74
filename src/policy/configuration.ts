import { isJsonObject, type Json } from "../types/index.ts";
import { PolicyError } from "./errors.ts";
import type { PolicySpec } from "./spec.ts";
import { checkShape, specShape } from "./spec-schema.ts";
import { describeProblem, parseYaml } from "./yaml-document.ts";

function invalid(problems: readonly string[]): PolicyError {
  const list = problems.map((problem) => `\n  - ${problem}`).join("");
  return new PolicyError(`the policy configuration does not have the expected form:${list}`, {
    code: "config-invalid",
  });
}

function parseDocument(text: string): Json {
  const parsed = parseYaml(text);
  if (!parsed.ok) {
    throw invalid([describeProblem(parsed.problem)]);
  }
  if (parsed.documents > 1) {
    throw invalid([`expected one document, found ${parsed.documents}`]);
  }
  return parsed.value;
}

/** The specification inside a document: its `spec` where it has one, else the document itself. */
function chooseSpec(document: Json): { value: Json; path: string } {
  if (isJsonObject(document) && document.spec !== undefined) {
    return { value: document.spec, path: "spec" };
  }
  return { value: document, path: "" };
}

/**
 * Parses the text of a policy configuration, YAML or JSON: a resource with `spec` (its `apiVersion`, `kind` and
 * `metadata` do not matter), or the specification alone. An empty text and an empty document are the empty policy, with
 * which only the built-in checks are made.
 *
 * @throws {PolicyError} `config-invalid`, listing every problem with its path.
 */
export function parsePolicyConfiguration(text: string): PolicySpec {
  const document = parseDocument(text);
  if (document === null) {
    return {};
  }
  if (typeof document === "string") {
    throw invalid([
      `found only the text ${JSON.stringify(text.trim().slice(0, 80))}; expected YAML or JSON, a path that exists and ` +
        "ends in .yaml, .yml or .json, a git address, or an https:// address",
    ]);
  }
  const { value, path } = chooseSpec(document);
  const problems = checkShape(value, specShape, path);
  if (problems.length > 0) {
    throw invalid(problems);
  }
  return value as unknown as PolicySpec;
}
