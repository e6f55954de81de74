import type { ActionConfiguration, Environment } from "./configuration.ts";
import { InputError, type InputProblem } from "./errors.ts";
import { parseFlags, quote } from "./flag-parser.ts";
import { createFlagReader } from "./flag-reader.ts";
import { deepFreeze } from "./freeze.ts";
import { findNearest } from "./nearest.ts";
import { splitShellWords } from "./shell-words.ts";
import { readValidateImage } from "./validate-image.ts";
import { validateImageGroups } from "./validate-image-flags.ts";
import { parseBoolean } from "./values.ts";

/** The action's inputs and the flag that each one sets; `extra-params` and `cache` set none. */
export const actionInputs = [
  { name: "image", flag: "image" },
  { name: "images", flag: "images" },
  { name: "key", flag: "public-key" },
  { name: "identity", flag: "certificate-identity-regexp" },
  { name: "issuer", flag: "certificate-oidc-issuer" },
  { name: "ignore-rekor", flag: "ignore-rekor" },
  { name: "policy", flag: "policy" },
  { name: "strict", flag: "strict" },
  { name: "info", flag: "info" },
  { name: "workers", flag: "workers" },
  { name: "token-service", flag: "token-service" },
  { name: "cache", flag: undefined },
  { name: "extra-params", flag: undefined },
] as const;

/** The value of an input, as runners hand it over: `INPUT_` and the name in capitals, blanks as `_`. */
function readInput(env: Environment, name: string): string {
  const text = (env[`INPUT_${name.replaceAll(" ", "_").toUpperCase()}`] ?? "").trimEnd();
  // The first line of YAML keeps its indentation.
  return text.includes("\n") ? text.replace(/^(?:[ \t]*\r?\n)+/, "") : text.trim();
}

/** Inputs that were given and that nobody reads: a misspelt `policy` must not pass for none. */
function findUnknownInputs(env: Environment): readonly string[] {
  const known = new Set(actionInputs.map(({ name }) => `INPUT_${name.toUpperCase()}`));
  return Object.keys(env)
    .filter((variable) => variable.startsWith("INPUT_") && !known.has(variable) && env[variable] !== "")
    .map((variable) => variable.slice("INPUT_".length).toLowerCase())
    .toSorted();
}

/**
 * Turns a runner's `INPUT_*` variables into one frozen configuration. `extra-params` is split as a shell would split it,
 * is read after the inputs, and so wins over them. Throws `InputError` with every problem at once.
 */
export function parseActionInputs(env: Environment): ActionConfiguration {
  const flags = validateImageGroups.flatMap((group) => group.flags);
  const fromInputs = actionInputs.flatMap(({ name, flag }) => {
    const value = readInput(env, name);
    return flag === undefined || value === "" ? [] : [`--${flag}=${value}`];
  });
  const extraText = readInput(env, "extra-params");
  const extra = splitShellWords(extraText);
  const parsed = parseFlags([...fromInputs, ...(extra ?? [])], flags);
  const reader = createFlagReader(parsed, flags);
  if (extra === undefined) {
    reader.refuse("extra-params", `expected flags, got a text whose quotes do not match: ${quote(extraText)}`);
  }
  for (const word of parsed.positionals) {
    reader.refuse("extra-params", `${quote(word)} belongs to no flag; write every value as --flag=value`);
  }
  const cacheText = readInput(env, "cache");
  const cache = cacheText === "" ? true : parseBoolean(cacheText);
  if (cache === undefined) {
    reader.refuse("cache", `expected true or false, got ${quote(cacheText)}`);
  }
  for (const name of findUnknownInputs(env)) {
    const nearest = findNearest(
      name,
      actionInputs.map((input) => input.name),
    );
    const advice = nearest === undefined ? "action.yml lists the inputs" : `did you mean ${nearest}?`;
    reader.refuse(name, `this input is not known; ${advice}`);
  }
  const configuration = readValidateImage(reader, env);
  if (reader.problems.length > 0) {
    throw new InputError(reader.problems.map(toInputProblem));
  }
  return deepFreeze({ configuration, cache: cache ?? true });
}

/** Names the input where a problem's flag has one. */
function toInputProblem(problem: InputProblem): InputProblem {
  const input = actionInputs.find(({ flag }) => flag !== undefined && problem.subject === `--${flag}`);
  return input === undefined ? problem : { ...problem, subject: `${input.name} (${problem.subject})` };
}
