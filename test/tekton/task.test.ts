import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoRegistry, startDemoRegistry } from "../fixtures/demo-registry.ts";
import { createKeylessImage, type KeylessImage } from "../fixtures/keyless-image.ts";
import { readTask, removeTaskRuns, runTask, type TaskRun } from "./run-task.ts";

let world: DemoRegistry;
let folder: string;

beforeAll(async () => {
  world = await startDemoRegistry();
  folder = await mkdtemp(join(tmpdir(), "sealcheck-tekton-"));
});

afterAll(async () => {
  await world.registry.close();
  await removeTaskRuns();
  await rm(folder, { recursive: true, force: true });
});

/** Parameters that pass, for a snapshot of these components. */
function parametersFor(...names: string[]): Record<string, string> {
  return {
    IMAGES: world.snapshotOf(...names),
    POLICY_CONFIGURATION: world.demo.policyConfiguration,
    PUBLIC_KEY: world.demo.publicKeyPem,
    IGNORE_REKOR: "true",
  };
}

function exitCodes(run: TaskRun): Record<string, number> {
  return Object.fromEntries(Object.entries(run.steps).map(([name, { exitCode }]) => [name, exitCode]));
}

function outputOf(run: TaskRun): unknown {
  expect(run.testOutput).toMatch(/^\{.*\}\n$/);
  return JSON.parse(run.testOutput ?? "");
}

const deadAddress = "127.0.0.1:9";

describe("tekton/task.yaml", () => {
  it("starts no shell", async () => {
    const { spec } = await readTask();
    expect(spec.steps.map(({ command }) => command)).toEqual(
      spec.steps.map(() => ["node", "/opt/sealcheck/index.js", "task"]),
    );
    expect(spec.steps.every((step) => !("script" in step))).toBe(true);
  });

  it("takes every image of a step from the parameter", async () => {
    const { spec } = await readTask();
    expect(spec.stepTemplate.image).toBe("$(params.SEALCHECK_IMAGE)");
    expect(spec.steps.filter((step) => step.image !== undefined)).toEqual([]);
  });
});

describe("the Tekton task", () => {
  it("passes, and leaves its result and its reports", async () => {
    const run = await runTask({ parameters: parametersFor("storefront") });
    expect(run.steps.validate?.stderr).toBe("");
    expect(exitCodes(run)).toEqual({ validate: 0, assert: 0 });
    expect(run.succeeded).toBe(true);
    expect(outputOf(run)).toMatchObject({ namespace: "", result: "SUCCESS", failures: 0, warnings: 0 });
    const report = JSON.parse(await run.homeFile("report-json.json")) as { success: boolean; components: unknown[] };
    expect(report).toMatchObject({ success: true, components: [{ name: "storefront", success: true }] });
    const text = await run.homeFile("text-report.txt");
    expect(text).toMatch(/^Success: true\n/);
    expect(run.steps.validate?.stdout).toBe(text);
  });

  it("fails where the policy says no, with its result", async () => {
    const run = await runTask({ parameters: parametersFor("storefront", "payments", "reports") });
    expect(exitCodes(run)).toEqual({ validate: 1, assert: 1 });
    expect(run.succeeded).toBe(false);
    expect(outputOf(run)).toMatchObject({ result: "FAILURE", failures: 5 });
    expect(run.steps.validate?.stderr).toContain("2 of 3 components violate the policy");
  });

  it("passes all the same where STRICT is false", async () => {
    const run = await runTask({ parameters: { ...parametersFor("payments"), STRICT: "false" } });
    expect(exitCodes(run)).toEqual({ validate: 0, assert: 0 });
    expect(outputOf(run)).toMatchObject({ result: "FAILURE", failures: 2 });
  });

  it("passes with warnings", async () => {
    const run = await runTask({ parameters: parametersFor("gateway") });
    expect(exitCodes(run)).toEqual({ validate: 0, assert: 0 });
    expect(outputOf(run)).toMatchObject({ result: "WARNING", failures: 0, warnings: 1 });
  });

  it("fails where something could not be decided, whatever STRICT says", async () => {
    const images = JSON.stringify({ components: [{ name: "gone", containerImage: `${deadAddress}/app:1` }] });
    const run = await runTask({
      parameters: { ...parametersFor(), IMAGES: images, STRICT: "false", RETRY_MAX_RETRY: "0" },
    });
    expect(exitCodes(run)).toEqual({ validate: 3, assert: 3 });
    expect(outputOf(run)).toMatchObject({ result: "ERROR", note: expect.stringContaining("Could not decide: 1 of 1") });
  });

  it("ends as ec's task does where nothing was checked", async () => {
    const parameters = { ...parametersFor(), IMAGES: '{"components":[]}' };
    const strict = await runTask({ parameters });
    expect(exitCodes(strict)).toEqual({ validate: 1, assert: 1 });
    expect(strict.steps.validate?.stderr).toContain("nothing was checked");
    expect(outputOf(strict)).toMatchObject({ result: "SKIPPED" });
    const lenient = await runTask({ parameters: { ...parameters, STRICT: "false" } });
    expect(exitCodes(lenient)).toEqual({ validate: 0, assert: 0 });
  });

  const unusable: [string, () => Record<string, string>, RegExp][] = [
    ["a snapshot that does not parse", () => ({ IMAGES: '{"components": [' }), /unable to parse the Snapshot/],
    ["parameters that make no sense", () => ({ STRICT: "maybe", WORKERS: "0" }), /STRICT .*expected true or false/],
    ["no snapshot", () => ({ IMAGES: "" }), /IMAGES: expected a snapshot/],
    [
      "a key that is none",
      () => ({ PUBLIC_KEY: "-----BEGIN PUBLIC KEY-----\nx" }),
      /PUBLIC_KEY .*expected a whole PEM/,
    ],
    [
      "a policy in a cluster, outside one",
      () => ({ POLICY_CONFIGURATION: "enterprise-contract-service/default" }),
      /enterprisecontractpolicies enterprise-contract-service\/default .*KUBERNETES_SERVICE_HOST is not set/,
    ],
    [
      "a key in a cluster, outside one",
      () => ({ PUBLIC_KEY: "k8s://space/cosign" }),
      /secrets space\/cosign .*cluster/,
    ],
  ];
  it.each(unusable)("fails with the reason in its result: %s", async (_name, change, reason) => {
    const run = await runTask({ parameters: { ...parametersFor("storefront"), STRICT: "false", ...change() } });
    expect(exitCodes(run)).toEqual({ validate: 2, assert: 2 });
    expect(run.steps.validate?.stdout).toBe("");
    expect(run.steps.validate?.stderr).toMatch(reason);
    expect(run.steps.validate?.stderr).not.toMatch(/^\s+at /m);
    expect(outputOf(run)).toMatchObject({ result: "ERROR", note: expect.stringMatching(reason) });
  });

  describe("with CERTIFICATE parameters", () => {
    let image: KeylessImage;
    beforeAll(async () => {
      image = await createKeylessImage(world.registry.host);
    });
    afterAll(() => image.close());

    const cases: [string, (good: KeylessImage) => Record<string, string>, number][] = [
      [
        "an exact identity and issuer",
        (good) => ({ CERTIFICATE_IDENTITY: good.identity, CERTIFICATE_OIDC_ISSUER: good.issuer }),
        0,
      ],
      [
        "patterns",
        () => ({
          CERTIFICATE_IDENTITY_REGEXP: "^https://github\\.com/acme/",
          CERTIFICATE_OIDC_ISSUER_REGEXP: "^https://token\\.",
        }),
        0,
      ],
      [
        "an exact identity and a pattern that would do",
        (good) => ({
          CERTIFICATE_IDENTITY: "somebody else",
          CERTIFICATE_IDENTITY_REGEXP: ".*",
          CERTIFICATE_OIDC_ISSUER: good.issuer,
        }),
        1,
      ],
    ];
    it.each(cases)("is keyless, without looking at key and IGNORE_REKOR: %s", async (_name, identity, exitCode) => {
      const run = await runTask({
        parameters: {
          ...parametersFor(),
          POLICY_CONFIGURATION: "{}",
          IMAGES: JSON.stringify({ components: [{ name: "app", containerImage: image.reference }] }),
          TUF_MIRROR: image.tufMirror,
          ...identity(image),
        },
      });
      expect(run.steps.validate?.stderr).not.toContain("could not");
      expect(exitCodes(run)).toEqual({ validate: exitCode, assert: exitCode });
      const report = JSON.parse(await run.homeFile("report-json.json")) as {
        key: string;
        components: { violations?: { metadata: { code: string } }[] }[];
      };
      expect(report.key).toBe("");
      expect((report.components[0]?.violations ?? []).map(({ metadata }) => metadata.code)).toEqual(
        exitCode === 0 ? [] : ["builtin.attestation.signature_check", "builtin.image.signature_check"],
      );
    });
  });

  it("refuses an identity without an issuer", async () => {
    const run = await runTask({ parameters: { ...parametersFor("storefront"), CERTIFICATE_IDENTITY: "me" } });
    expect(exitCodes(run)).toEqual({ validate: 2, assert: 2 });
    expect(run.steps.validate?.stderr).toMatch(/issuer/);
  });

  it("takes a file out of the workspace data, and keeps what it fetched in the workspace cache", async () => {
    const [data, cache] = [join(folder, "data"), join(folder, "cache")];
    await mkdir(data);
    await writeFile(join(data, "snapshot.json"), world.snapshotOf("storefront"));
    const run = () =>
      runTask({
        parameters: { ...parametersFor(), IMAGES: "snapshot.json" },
        workspaces: { data, cache },
      });
    expect(exitCodes(await run())).toEqual({ validate: 0, assert: 0 });
    expect((await readdir(cache)).length).toBeGreaterThan(0);
    world.registry.forgetRequests();
    expect(exitCodes(await run())).toEqual({ validate: 0, assert: 0 });
    expect(world.registry.requests.filter(({ path }) => path.includes("/blobs/"))).toEqual([]);
  });

  it("says which parameters have no effect", async () => {
    const run = await runTask({ parameters: { ...parametersFor("storefront"), SINGLE_COMPONENT: "true" } });
    expect(run.steps.validate?.stderr).toBe("warning: the parameter SINGLE_COMPONENT has no effect\n");
    expect(run.succeeded).toBe(true);
  });

  it("fails where the step validate was killed, also with an older outcome in its folder", async () => {
    const killed = await runTask({ parameters: parametersFor("storefront"), killed: ["validate"] });
    expect(exitCodes(killed)).toEqual({ assert: 3 });
    expect(killed.steps.assert?.stderr).toMatch(/left no outcome .* was killed/);
    const stale = await runTask({
      parameters: { ...parametersFor("payments") },
      prepareHome: async (home) => {
        await mkdir(home, { recursive: true });
        await writeFile(join(home, "sealcheck-outcome.json"), '{"exitCode":0}\n');
      },
    });
    expect(exitCodes(stale)).toEqual({ validate: 1, assert: 1 });
  });

  it("says so where it cannot write to HOMEDIR", async () => {
    const file = join(folder, "a-file");
    await writeFile(file, "");
    const run = await runTask({ parameters: { ...parametersFor("storefront"), HOMEDIR: join(file, "home") } });
    expect(run.steps.validate?.exitCode).toBe(2);
    expect(run.steps.validate?.stderr).toMatch(/could not be written/);
    expect(run.steps.validate?.stderr).not.toMatch(/^\s+at /m);
    expect(run.succeeded).toBe(false);
  });
});
