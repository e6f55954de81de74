import { describe, expect, it } from "vitest";
import { type Environment, parseTaskParameters } from "../inputs/index.ts";
import { resolveTaskLookups } from "./task-lookups.ts";

const digest = `sha256:${"ab".repeat(32)}`;
const floating = "oci::quay.io/conforma/release-policy:konflux";
const images = '{"components":[]}';

/** Resolves against a machine with one policy file, and a cluster with anything that is asked for. */
async function resolve(env: Environment) {
  const asked: string[] = [];
  const written: string[] = [];
  const warnings: string[] = [];
  const configuration = await resolveTaskLookups(
    parseTaskParameters({ PARAM_IMAGES: images, ...env }),
    {
      cluster: {
        readSecretField: () => Promise.reject(new Error("no secret is looked up here")),
        readSpec: async (resource, { namespace, name }) => {
          asked.push(`${resource} ${namespace ?? "-"} ${name}`);
          return JSON.stringify({ sources: [{ policy: [floating] }] });
        },
      },
      files: {
        kindOf: async (path) => (path === "policy.yaml" || path === "plain" ? "file" : undefined),
        read: async () => Buffer.from(`sources:\n- policy: [${floating}, ${floating}-2, ${floating}@${digest}]\n`),
      },
      http: { get: async (url) => Buffer.from(`root of ${url}`) },
      writeFile: async (path, content) => void written.push(`${path}: ${Buffer.from(content).toString()}`),
      log: { error: () => {}, warning: (text) => void warnings.push(text), info: () => {}, debug: () => {} },
    },
    new AbortController().signal,
  );
  return { configuration, asked, written, warnings };
}

describe("what the task looks up before it validates", () => {
  const policies: [string, string, string[]][] = [
    ["a namespace and a name", "space/default", ["enterprisecontractpolicies space default"]],
    ["a name", "default", ["enterprisecontractpolicies - default"]],
    ["a file's name without an ending", "plain", []],
    ["a file that is not there", "missing.yaml", []],
    ["a repository", "github.com/conforma/config//slsa3", []],
    ["an address", "https://policies.example/policy.yaml", []],
    ["JSON", '{"sources":[]}', []],
    ["YAML", "sources: []\n", []],
    ["nothing", "", []],
  ];
  it.each(policies)("a policy given as %s", async (_name, policy, expected) => {
    const { asked, configuration } = await resolve({ PARAM_POLICY_CONFIGURATION: policy });
    expect(asked).toEqual(expected);
    expect(configuration.policy.policy === policy).toBe(expected.length === 0);
  });

  it("a snapshot by name, and none by text or file", async () => {
    const name = await resolve({ PARAM_POLICY_CONFIGURATION: "", PARAM_IMAGES: "release-1" });
    expect(name.asked).toEqual(["snapshots - release-1"]);
    const text = await resolve({ PARAM_POLICY_CONFIGURATION: "", PARAM_IMAGES: images });
    expect([text.asked, text.configuration.snapshot.images]).toEqual([[], images]);
    const file = await resolve({ PARAM_POLICY_CONFIGURATION: "", PARAM_IMAGES: "plain" });
    expect([file.asked, file.configuration.snapshot.images]).toEqual([[], "plain"]);
  });

  it("pins the release policy's floating tag, and nothing else", async () => {
    const pin = { PARAM_POLICY_BUNDLE_DIGEST: digest };
    const pinned = `oci::quay.io/conforma/release-policy@${digest}`;
    const cluster = await resolve({ ...pin, PARAM_POLICY_CONFIGURATION: "default" });
    expect(cluster.configuration.policy.policy).toBe(JSON.stringify({ sources: [{ policy: [pinned] }] }));
    const file = await resolve({ ...pin, PARAM_POLICY_CONFIGURATION: "policy.yaml" });
    expect(file.configuration.policy.policy).toBe(
      `sources:\n- policy: [${pinned}, ${floating}-2, ${floating}@${digest}]\n`,
    );
    const git = await resolve({ ...pin, PARAM_POLICY_CONFIGURATION: "github.com/conforma/config//slsa3" });
    expect(git.configuration.policy.policy).toBe("github.com/conforma/config//slsa3");
    expect(git.warnings).toEqual([expect.stringContaining("POLICY_BUNDLE_DIGEST")]);
  });

  it("the root of a TUF mirror, kept as a file", async () => {
    const { written, configuration } = await resolve({
      PARAM_POLICY_CONFIGURATION: "",
      PARAM_HOMEDIR: "/home/task",
      PARAM_TUF_MIRROR: "https://tuf.example",
    });
    expect(written).toEqual([`${configuration.trust.tufRootJson}: root of https://tuf.example/root.json`]);
    expect(configuration.trust).toMatchObject({ tufMirror: "https://tuf.example" });
  });
});
