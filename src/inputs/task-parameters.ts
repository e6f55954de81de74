import { isAbsolute, join } from "node:path";
import type { Environment, TaskConfiguration, ValidateImageConfiguration } from "./configuration.ts";
import { InputError, type InputProblem } from "./errors.ts";
import { parseFlags, quote } from "./flag-parser.ts";
import { createFlagReader, type FlagReader } from "./flag-reader.ts";
import { deepFreeze } from "./freeze.ts";
import { present } from "./present.ts";
import { readValidateImage } from "./validate-image.ts";
import { validateImageGroups } from "./validate-image-flags.ts";

/** One parameter of the Tekton task. */
export interface TaskParameter {
  readonly name: string;
  /** What stands in where the variable is not set at all; absent where the parameter has no default. */
  readonly fallback?: string;
  /** The flag that it sets; absent where it is read otherwise. */
  readonly flag?: string;
  /** Accepted for tasks of `ec` that set it; does nothing. */
  readonly ineffective?: true;
}

/** The parameters that `sealcheck task` reads, each from the variable `PARAM_` and its name. */
export const taskParameters: readonly TaskParameter[] = [
  { name: "IMAGES" },
  { name: "POLICY_CONFIGURATION", fallback: "enterprise-contract-service/default", flag: "policy" },
  { name: "PUBLIC_KEY", fallback: "", flag: "public-key" },
  { name: "REKOR_HOST", fallback: "", flag: "rekor-url" },
  { name: "CERTIFICATE_IDENTITY", fallback: "", flag: "certificate-identity" },
  { name: "CERTIFICATE_OIDC_ISSUER", fallback: "", flag: "certificate-oidc-issuer" },
  { name: "CERTIFICATE_IDENTITY_REGEXP", fallback: "", flag: "certificate-identity-regexp" },
  { name: "CERTIFICATE_OIDC_ISSUER_REGEXP", fallback: "", flag: "certificate-oidc-issuer-regexp" },
  { name: "IGNORE_REKOR", fallback: "false", flag: "ignore-rekor" },
  { name: "TUF_MIRROR", fallback: "", flag: "tuf-mirror" },
  { name: "INFO", fallback: "true", flag: "info" },
  { name: "STRICT", fallback: "true", flag: "strict" },
  { name: "HOMEDIR", fallback: "/tekton/home" },
  { name: "EFFECTIVE_TIME", fallback: "now", flag: "effective-time" },
  { name: "ALLOW_PAST_EFFECTIVE_TIME", fallback: "false", flag: "allow-past-effective-time" },
  { name: "EXTRA_RULE_DATA", fallback: "", flag: "extra-rule-data" },
  { name: "POLICY_BUNDLE_DIGEST", fallback: "" },
  { name: "WORKERS", fallback: "1", flag: "workers" },
  { name: "RETRY_DURATION", fallback: "1s", flag: "retry-duration" },
  { name: "RETRY_FACTOR", fallback: "2.0", flag: "retry-factor" },
  { name: "RETRY_JITTER", fallback: "0.1", flag: "retry-jitter" },
  { name: "RETRY_MAX_RETRY", fallback: "3", flag: "retry-max-retry" },
  { name: "RETRY_MAX_WAIT", fallback: "3s", flag: "retry-max-wait" },
  { name: "PLATFORMS", fallback: "all", flag: "platforms" },
  { name: "TOKEN_SERVICES", fallback: "", flag: "token-service" },
  { name: "EC_USE_OPA", fallback: "", ineffective: true },
  { name: "SINGLE_COMPONENT", fallback: "false", ineffective: true },
  { name: "SINGLE_COMPONENT_CUSTOM_RESOURCE", fallback: "unknown", ineffective: true },
  { name: "SINGLE_COMPONENT_CUSTOM_RESOURCE_NS", fallback: "", ineffective: true },
];

/** Where a task leaves what it has to say; known before anything else is understood. */
export interface TaskPlaces {
  readonly homeDirectory: string;
  /** File of the result TEST_OUTPUT; absent outside Tekton. */
  readonly resultPath?: string;
}

/** What does not depend on whether the parameters make sense. */
export function readTaskPlaces(env: Environment): TaskPlaces {
  const resultPath = env.RESULT_TEST_OUTPUT === "" ? undefined : env.RESULT_TEST_OUTPUT;
  return { homeDirectory: readParameter(env, "HOMEDIR") || "/tekton/home", ...present({ resultPath }) };
}

function readParameter(env: Environment, name: string): string {
  return env[`PARAM_${name}`] ?? taskParameters.find((parameter) => parameter.name === name)?.fallback ?? "";
}

/** What makes a run keyless, and so sets aside the key and IGNORE_REKOR; the exact form wins over the pattern. */
const keylessPairs = [
  ["CERTIFICATE_IDENTITY", "CERTIFICATE_IDENTITY_REGEXP"],
  ["CERTIFICATE_OIDC_ISSUER", "CERTIFICATE_OIDC_ISSUER_REGEXP"],
] as const;

/** Parameters that the rule for keyless runs sets aside. */
function findSetAside(env: Environment): ReadonlySet<string> {
  const given = (name: string) => readParameter(env, name) !== "";
  if (!keylessPairs.flat().some(given)) {
    return new Set();
  }
  return new Set(["PUBLIC_KEY", "IGNORE_REKOR", ...keylessPairs.flatMap(([exact, re]) => (given(exact) ? [re] : []))]);
}

/**
 * Turns the variables of a Tekton step, `PARAM_*` (one for each parameter), `RESULT_TEST_OUTPUT`, `WORKSPACE_DATA` and
 * `WORKSPACE_CACHE`, into one frozen configuration. A relative path in IMAGES is one in the workspace `data`.
 * Throws `InputError` with every problem at once, each naming the parameter.
 */
export function parseTaskParameters(env: Environment): TaskConfiguration {
  const places = readTaskPlaces(env);
  const flags = validateImageGroups.flatMap((group) => group.flags);
  const reader = createFlagReader(parseFlags(toArguments(env), flags), flags);
  const policyBundleDigest = readBundleDigest(env, reader);
  const mirror = readParameter(env, "TUF_MIRROR");
  const configuration = readValidateImage(reader, env);
  const problems = reader.problems.map(toTaskProblem);
  if (problems.length > 0) {
    throw new InputError(problems);
  }
  return deepFreeze({
    ...places,
    configuration: toTaskOutputs(configuration, places),
    ...present({ policyBundleDigest }),
    ...(mirror === "" || configuration.trust.tufRootJson !== undefined
      ? {}
      : { tufRootUrl: `${mirror.replace(/\/+$/, "")}/root.json` }),
    ineffective: taskParameters.flatMap(({ name, ineffective, fallback }) =>
      ineffective && !["", fallback].includes(readParameter(env, name)) ? [name] : [],
    ),
  });
}

/** The command line that says the same. As `ec`'s task has it, a run has no time limit of its own: Tekton's counts. */
function toArguments(env: Environment): readonly string[] {
  const setAside = findSetAside(env);
  const images = resolveImages(readParameter(env, "IMAGES"), env.WORKSPACE_DATA ?? "");
  const cacheDirectory = env.WORKSPACE_CACHE ?? "";
  return [
    ...taskParameters.flatMap(({ name, flag }) => {
      const value = setAside.has(name) ? "" : readParameter(env, name);
      return flag === undefined || value === "" ? [] : [`--${flag}=${value}`];
    }),
    ...(images === "" ? [] : [`--images=${images}`]),
    ...(cacheDirectory === "" ? [] : [`--cache-dir=${cacheDirectory}`]),
    "--timeout=0",
    "--allow-empty",
    "--show-successes",
    "--show-policy-docs-link",
    "--no-color",
  ];
}

/** A snapshot's text or an absolute path as it is; a relative path below the workspace. */
function resolveImages(images: string, workspace: string): string {
  const isFile = /^[^\s{[\0]+\.(?:json|ya?ml)$/.test(images) && !isAbsolute(images);
  return isFile && workspace !== "" ? join(workspace, images) : images;
}

/** Text to the log, and text, JSON and TEST_OUTPUT to files under the names that `ec`'s task gives them. */
function toTaskOutputs(configuration: ValidateImageConfiguration, places: TaskPlaces): ValidateImageConfiguration {
  const { showSuccesses, showWarnings, showPolicyDocsLink } = configuration.output;
  const options = { showSuccesses, showWarnings, showPolicyDocsLink, includeSuccesses: showSuccesses };
  const withoutSuccesses = { ...options, showSuccesses: false };
  const home = places.homeDirectory;
  return {
    ...configuration,
    output: {
      ...configuration.output,
      targets: [
        { format: "text", options: withoutSuccesses },
        { format: "text", path: join(home, "text-report.txt"), options: withoutSuccesses },
        { format: "json", path: join(home, "report-json.json"), options },
        ...(places.resultPath === undefined
          ? []
          : [{ format: "appstudio", path: places.resultPath, options } as const]),
      ],
    },
  };
}

/** `sha256:` and 64 digits, or the digits alone. */
function readBundleDigest(env: Environment, reader: FlagReader): string | undefined {
  const text = readParameter(env, "POLICY_BUNDLE_DIGEST");
  if (text === "") {
    return undefined;
  }
  const digits = /^(?:sha256:)?([0-9a-f]{64})$/.exec(text)?.[1];
  if (digits === undefined) {
    reader.refuse("POLICY_BUNDLE_DIGEST", `expected sha256: and 64 hexadecimal digits, got ${quote(text)}`);
  }
  return `sha256:${digits ?? ""}`;
}

/** Names the parameter where a problem's flag comes from one. */
function toTaskProblem(problem: InputProblem): InputProblem {
  if (problem.subject === "--image") {
    return { subject: "IMAGES", message: "expected a snapshot (its JSON text, or a file's path), got nothing" };
  }
  const parameter = taskParameters.find(({ flag }) => flag !== undefined && problem.subject === `--${flag}`);
  return parameter === undefined ? problem : { ...problem, subject: `${parameter.name} (${problem.subject})` };
}
