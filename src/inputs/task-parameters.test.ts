import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Environment } from "./configuration.ts";
import { InputError } from "./errors.ts";
import { parseTaskParameters, readTaskPlaces, taskParameters } from "./task-parameters.ts";

const images = '{"components":[{"name":"a","containerImage":"registry.example/a:1"}]}';

function problemsOf(env: Environment): readonly string[] {
  try {
    parseTaskParameters(env);
  } catch (error) {
    if (error instanceof InputError) {
      return error.problems.map(({ subject, message }) => `${subject}: ${message}`);
    }
    throw error;
  }
  return [];
}

interface Declared {
  spec: { params: { name: string; default?: string }[]; steps: { env?: { name: string; value: string }[] }[] };
}

describe("the task's parameters", () => {
  const declared = parse(
    readFileSync(join(import.meta.dirname, "..", "..", "tekton", "task.yaml"), "utf8"),
  ) as Declared;
  /** Parameters that Kubernetes and Tekton read, and this program does not. */
  const forTekton = ["SEALCHECK_IMAGE", "SSL_CERT_DIR", "CA_TRUST_CONFIGMAP_NAME", "CA_TRUST_CONFIG_MAP_KEY"];

  it("are those that tekton/task.yaml declares, with the same defaults", () => {
    const expected = declared.spec.params
      .filter(({ name }) => !forTekton.includes(name))
      .map((parameter) => [parameter.name, parameter.default]);
    const known = taskParameters.map(({ name, fallback }) => [name, fallback]);
    expect(known.toSorted()).toEqual(expected.toSorted());
  });

  it("all get to the step validate", () => {
    const handed = (declared.spec.steps[0]?.env ?? []).filter(({ name }) => name.startsWith("PARAM_"));
    const wanted = taskParameters.filter(({ name }) => name !== "HOMEDIR"); // the step template hands this one over
    expect(handed).toEqual(
      expect.arrayContaining(wanted.map(({ name }) => ({ name: `PARAM_${name}`, value: `$(params.${name})` }))),
    );
    expect(handed).toHaveLength(wanted.length);
  });
});

describe("parseTaskParameters", () => {
  it("has the defaults of ec's task", () => {
    const task = parseTaskParameters({ PARAM_IMAGES: images });
    expect(task).toMatchObject({
      homeDirectory: "/tekton/home",
      ineffective: [],
      configuration: {
        snapshot: { images, allowEmpty: true },
        policy: { policy: "enterprise-contract-service/default", effectiveTime: "now", info: true, keys: {} },
        verification: { ignoreRekor: false },
        registry: {
          platforms: "all",
          retry: { maxRetries: 3, initialWaitMs: 1000, maxWaitMs: 3000, factor: 2, jitter: 0.1 },
        },
        run: { workers: 1, timeoutMs: 0, strict: true },
        output: { color: "never", showSuccesses: true, showPolicyDocsLink: true },
      },
    });
    expect(task.tufRootUrl).toBeUndefined();
    expect(Object.isFrozen(task.configuration.output.targets)).toBe(true);
  });

  it("writes the reports where ec's task writes them, and text to the log", () => {
    const { configuration } = parseTaskParameters({
      PARAM_IMAGES: images,
      PARAM_HOMEDIR: "/home/of the task",
      RESULT_TEST_OUTPUT: "/tekton/results/TEST_OUTPUT",
    });
    expect(
      configuration.output.targets.map(({ format, path, options }) => [format, path, options.showSuccesses]),
    ).toEqual([
      ["text", undefined, false],
      ["text", join("/home/of the task", "text-report.txt"), false],
      ["json", join("/home/of the task", "report-json.json"), true],
      ["appstudio", "/tekton/results/TEST_OUTPUT", true],
    ]);
    expect(configuration.output.targets[2]?.options.includeSuccesses).toBe(true);
  });

  const keyless: [string, Environment, object][] = [
    [
      "an identity sets aside key and IGNORE_REKOR",
      { PARAM_CERTIFICATE_IDENTITY: "me", PARAM_PUBLIC_KEY: "cosign.pub", PARAM_IGNORE_REKOR: "true" },
      { keys: { certificateIdentity: "me" }, ignoreRekor: false },
    ],
    [
      "the exact form wins over the pattern, for each pair",
      {
        PARAM_CERTIFICATE_IDENTITY: "me",
        PARAM_CERTIFICATE_IDENTITY_REGEXP: ".*",
        PARAM_CERTIFICATE_OIDC_ISSUER_REGEXP: "^https://issuer$",
      },
      { keys: { certificateIdentity: "me", certificateOidcIssuerRegExp: "^https://issuer$" }, ignoreRekor: false },
    ],
    [
      "without any of them the key counts",
      { PARAM_PUBLIC_KEY: "k8s://space/secret", PARAM_IGNORE_REKOR: "true" },
      { keys: { publicKey: "k8s://space/secret" }, ignoreRekor: true },
    ],
  ];
  it.each(keyless)("keyless: %s", (_name, env, expected) => {
    const { configuration } = parseTaskParameters({ PARAM_IMAGES: images, ...env });
    const { policy, verification } = configuration;
    expect({ keys: policy.keys, ignoreRekor: verification.ignoreRekor }).toEqual(expected);
  });

  const snapshots: [string, Environment, string][] = [
    ["text", { PARAM_IMAGES: images, WORKSPACE_DATA: "/w" }, images],
    ["a relative path", { PARAM_IMAGES: "s/snapshot.json", WORKSPACE_DATA: "/w" }, join("/w", "s", "snapshot.json")],
    ["an absolute path", { PARAM_IMAGES: "/s/snapshot.json", WORKSPACE_DATA: "/w" }, "/s/snapshot.json"],
    ["a relative path without a workspace", { PARAM_IMAGES: "snapshot.json" }, "snapshot.json"],
    ["a name", { PARAM_IMAGES: "release-1", WORKSPACE_DATA: "/w" }, "release-1"],
  ];
  it.each(snapshots)("IMAGES as %s", (_name, env, expected) => {
    expect(parseTaskParameters(env).configuration.snapshot.images).toBe(expected);
  });

  it("takes the workspace for the cache, and the folder in HOME without one", () => {
    const given = parseTaskParameters({ PARAM_IMAGES: images, WORKSPACE_CACHE: "/workspace/cache", HOME: "/h" });
    const without = parseTaskParameters({ PARAM_IMAGES: images, WORKSPACE_CACHE: "", HOME: "/h" });
    expect(given.configuration.cache.directory).toBe("/workspace/cache");
    expect(without.configuration.cache.directory).toBe(join("/h", ".cache", "sealcheck"));
  });

  it("finds the root of a mirror beside it, unless another one is given", () => {
    const env = { PARAM_IMAGES: images, PARAM_TUF_MIRROR: "https://tuf.example/repository/" };
    expect(parseTaskParameters(env).tufRootUrl).toBe("https://tuf.example/repository/root.json");
    expect(parseTaskParameters({ ...env, TUF_ROOT_JSON: "/root.json" }).tufRootUrl).toBeUndefined();
  });

  it("names the parameters that were given and do nothing", () => {
    const env = { PARAM_IMAGES: images, PARAM_EC_USE_OPA: "1", PARAM_SINGLE_COMPONENT: "true" };
    expect(parseTaskParameters(env).ineffective).toEqual(["EC_USE_OPA", "SINGLE_COMPONENT"]);
  });

  it("adds the algorithm to a digest that has none", () => {
    const digits = "ab".repeat(32);
    const env = { PARAM_IMAGES: images, PARAM_POLICY_BUNDLE_DIGEST: digits };
    expect(parseTaskParameters(env).policyBundleDigest).toBe(`sha256:${digits}`);
  });

  it("tells every problem at once, by the parameter's name", () => {
    const problems = problemsOf({
      PARAM_STRICT: "yes",
      PARAM_WORKERS: "-1",
      PARAM_RETRY_MAX_WAIT: "3 days",
      PARAM_POLICY_BUNDLE_DIGEST: "latest",
      PARAM_REKOR_HOST: "rekor",
      PARAM_EXTRA_RULE_DATA: "novalue",
    });
    expect(problems.map((problem) => problem.split(":")[0]).toSorted()).toEqual([
      "EXTRA_RULE_DATA (--extra-rule-data)",
      "IMAGES",
      "POLICY_BUNDLE_DIGEST",
      "REKOR_HOST (--rekor-url)",
      "RETRY_MAX_WAIT (--retry-max-wait)",
      "STRICT (--strict)",
      "WORKERS (--workers)",
    ]);
  });

  it("knows its places whatever the other parameters say", () => {
    expect(readTaskPlaces({ PARAM_STRICT: "yes", PARAM_HOMEDIR: "", RESULT_TEST_OUTPUT: "" })).toEqual({
      homeDirectory: "/tekton/home",
    });
  });
});
