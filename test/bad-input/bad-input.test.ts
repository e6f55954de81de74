import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeyPair } from "../../src/demo/index.ts";
import { type DemoRegistry, startDemoRegistry } from "../fixtures/demo-registry.ts";
import { type Outcome, runSealcheck } from "../sealcheck.ts";

let folder: string;
let world: DemoRegistry;

/** Files that the table's arguments name. */
const files: Readonly<Record<string, string>> = {
  "cosign.pub": createKeyPair().publicKeyPem,
  "no-key.txt": "hello\n",
  "private.pem": "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n",
  "broken.json": '{"components": [',
  "empty.json": '{"components": []}',
  "list.yaml": "- a\n- b\n",
  "empty-policy.yaml": "",
  "broken-policy.yaml": "sources: [\n  - x: {",
  "wrong-policy.yaml": "sorces: []\npublicKey: 7\n",
};

beforeAll(async () => {
  world = await startDemoRegistry();
  folder = await mkdtemp(join(tmpdir(), "sealcheck-bad-input-"));
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
});

afterAll(async () => {
  await world.registry.close();
  await rm(folder, { recursive: true, force: true });
});

async function run(args: readonly string[]): Promise<Outcome> {
  return await runSealcheck(args, { cwd: folder, env: { HOME: folder } });
}

interface Case {
  name: string;
  args: readonly string[] | (() => readonly string[]);
  exitCode: 2 | 3;
  message: RegExp;
}

/** An image, and a key that would do. */
const validate = ["validate", "image", "--ignore-rekor", "--retry-max-retry=0"];
const withKey = [...validate, "--public-key=cosign.pub"];
const image = "--image=127.0.0.1:9/app:1";
const policyOf = (source: string) => `--policy=${JSON.stringify({ sources: [{ policy: [source] }] })}`;

const commandLine: readonly Case[] = [
  {
    name: "an unknown command",
    args: ["validate", "imgae"],
    exitCode: 2,
    message: /expected one of validate image, .*got "validate imgae"; did you mean "validate image"\?/,
  },
  {
    name: "an unknown flag",
    args: [...withKey, image, "--polciy=x"],
    exitCode: 2,
    message: /--polciy: this flag is not known; did you mean --policy\?/,
  },
  {
    name: "an unknown short flag",
    args: [...withKey, image, "-Z"],
    exitCode: 2,
    message: /-Z: this flag is not known; --help lists the flags/,
  },
  {
    name: "an unknown output format",
    args: [...withKey, image, "--output=xml"],
    exitCode: 2,
    message: /--output=xml: expected one of json, yaml, .*got the format "xml"/,
  },
  {
    name: "two outputs to one file",
    args: [...withKey, image, "--output=json=x", "--output=yaml=x"],
    exitCode: 2,
    message: /two outputs go to the file "x"/,
  },
  {
    name: "a boolean's value as a word of its own",
    args: [...withKey, image, "--strict", "false"],
    exitCode: 2,
    message: /"false": this argument belongs to no flag; .*--strict=false/,
  },
  {
    name: "a stray word",
    args: [...withKey, image, "app:1"],
    exitCode: 2,
    message: /"app:1": this argument belongs to no flag; write every value as --flag=value/,
  },
  {
    name: "a flag without its value",
    args: [...validate, image, "--public-key"],
    exitCode: 2,
    message: /--public-key: expected a value, got nothing/,
  },
  {
    name: "flags that contradict each other",
    args: [...withKey, image, "--offline", "--pull=always"],
    exitCode: 2,
    message: /--pull: always asks the registry, and --offline asks none/,
  },
  {
    name: "two sources of trust",
    args: [...validate, image, "--trusted-root=x", "--tuf-mirror=https://y"],
    exitCode: 2,
    message: /--trusted-root is given too/,
  },
  {
    name: "several values that make no sense, all told at once",
    args: [...withKey, image, "--workers=0", "--timeout=3days", "--retry-jitter=7", "--platforms=linux"],
    exitCode: 2,
    message: /(?=[\s\S]*--workers: )(?=[\s\S]*--timeout: )(?=[\s\S]*--retry-jitter: )(?=[\s\S]*--platforms: )/,
  },
  {
    name: "a flag of ec that is not supported",
    args: [...withKey, image, "--vsa"],
    exitCode: 2,
    message: /--vsa: this flag of ec is not supported yet; leave it out/,
  },
  {
    name: "extra rule data without a value",
    args: [...withKey, image, "--extra-rule-data=key"],
    exitCode: 2,
    message: /expected KEY=VALUE, got "key"/,
  },
  {
    name: "an effective time that is none",
    args: [...withKey, image, "--effective-time=yesterday"],
    exitCode: 2,
    message: /--effective-time: expected now, attestation, .*got "yesterday"/,
  },
  {
    name: "an effective time in the past",
    args: [...withKey, image, "--effective-time=2020-01-01"],
    exitCode: 2,
    message: /2020-01-01T00:00:00Z is in the past; use --allow-past-effective-time/,
  },
  { name: "tests without a path", args: ["test"], exitCode: 2, message: /PATH: expected files or folders/ },
  {
    name: "tests that are not there",
    args: ["test", "missing"],
    exitCode: 2,
    message: /missing: no such file or directory/,
  },
  {
    name: "a port that is none",
    args: ["registry", "--port=99999"],
    exitCode: 2,
    message: /from 0 to 65535, got 99999/,
  },
];

const snapshots: readonly Case[] = [
  {
    name: "no image and no snapshot",
    args: withKey,
    exitCode: 2,
    message: /expected an image or a snapshot to validate, got neither; pass --image=REF or --images=FILE/,
  },
  {
    name: "a snapshot that is not there",
    args: [...withKey, "--images=missing.json"],
    exitCode: 2,
    message: /could not read "missing.json": .*ENOENT/,
  },
  {
    name: "a snapshot that is a folder",
    args: [...withKey, "--file-path=."],
    exitCode: 2,
    message: /could not read ".": .*EISDIR/,
  },
  {
    name: "a snapshot that is cut off",
    args: [...withKey, "--images=broken.json"],
    exitCode: 2,
    message: /unable to parse the Snapshot specification of --images \("broken\.json"\)/,
  },
  {
    name: "a snapshot of another form",
    args: [...withKey, "--images=list.yaml"],
    exitCode: 2,
    message: /expected JSON or YAML with components: .*got a list/,
  },
  {
    name: "a snapshot without components",
    args: [...withKey, "--images=empty.json"],
    exitCode: 2,
    message: /expected a snapshot with components, got one without any; pass --allow-empty/,
  },
];

const keys: readonly Case[] = [
  {
    name: "a key file that is not there",
    args: [...validate, image, "--public-key=missing.pub"],
    exitCode: 2,
    message: /expected a file with a public key \(PEM\), missing\.pub could not be read: ENOENT.*; check the path/,
  },
  {
    name: "a key file that holds no key",
    args: [...validate, image, "--public-key=no-key.txt"],
    exitCode: 2,
    message: /public key.*`-----BEGIN PUBLIC KEY-----` was expected/,
  },
  {
    name: "a private key, whose text is not repeated",
    args: [...validate, image, "--public-key=private.pem"],
    exitCode: 2,
    message: /private/i,
  },
  {
    name: "a key in a variable that is not set",
    args: [...validate, image, "--public-key=env://NO_SUCH_KEY"],
    exitCode: 2,
    message: /env:\/\/NO_SUCH_KEY names an environment variable that is not set/,
  },
  {
    name: "a key in a cluster, outside one",
    args: [...validate, image, "--public-key=k8s://space/secret"],
    exitCode: 2,
    message: /secrets space\/secret .*KUBERNETES_SERVICE_HOST is not set/,
  },
  {
    name: "a key in a service that is not supported",
    args: [...validate, image, "--public-key=awskms:///alias/key"],
    exitCode: 2,
    message: /keys of awskms:\/\/ are not supported; export the public key/,
  },
  {
    name: "neither a key nor an identity",
    args: [...validate, image],
    exitCode: 2,
    message: /issuer must be provided[\s\S]*identity must be provided/,
  },
  {
    name: "a trusted root that is not there",
    args: [...withKey, image, "--trusted-root=missing.json"],
    exitCode: 2,
    message: /missing\.json could not be read: ENOENT/,
  },
];

const policies: readonly Case[] = [
  {
    name: "a policy configuration that is not there",
    args: [...withKey, image, "--policy=missing.yaml"],
    exitCode: 2,
    message: /found only the text "missing\.yaml"; expected YAML or JSON, a path that exists/,
  },
  {
    name: "a policy configuration without content",
    args: [...withKey, image, "--policy=empty-policy.yaml"],
    exitCode: 2,
    message: /empty-policy\.yaml is empty/,
  },
  {
    name: "a policy configuration that does not parse",
    args: [...withKey, image, "--policy=broken-policy.yaml"],
    exitCode: 2,
    message: /policy configuration .*\n.*line 2, column/,
  },
  {
    name: "a policy configuration of another form, every fault at once",
    args: [...withKey, image, "--policy=wrong-policy.yaml"],
    exitCode: 2,
    message: /(?=[\s\S]*sorces)(?=[\s\S]*publicKey)/,
  },
  {
    name: "a policy source that is not there",
    args: [...withKey, image, policyOf("./missing")],
    exitCode: 2,
    message: /\.\/missing: there is no such file or folder/,
  },
  {
    name: "a policy source without encryption",
    args: [...withKey, image, policyOf("http://policies.example/policy.tar.gz")],
    exitCode: 2,
    message: /would be fetched without encryption/,
  },
  {
    name: "a policy in a registry that does not answer",
    args: [...withKey, image, policyOf("oci::127.0.0.1:9/policies/release:v1")],
    exitCode: 3,
    message: /oci::127\.0\.0\.1:9\/policies\/release:v1 could not be fetched: .*ECONNREFUSED/,
  },
  {
    name: "a policy in a registry that does not have it",
    args: () => [...withKey, image, policyOf(`oci::${world.registry.host}/demo/policy:v2`)],
    exitCode: 2,
    message: /demo\/policy:v2 could not be fetched/,
  },
];

const images: readonly Case[] = [
  {
    name: "an image that cannot be reached",
    args: [...withKey, image],
    exitCode: 3,
    message: /1 of 1 components could not be decided/,
  },
  {
    name: "a reference that does not parse",
    args: [...withKey, "--image=Registry.example/UPPER:x y"],
    exitCode: 2,
    message: /expected an image reference .*got "Registry.example\/UPPER:x y": it holds blanks/,
  },
  {
    name: "a component without an image",
    args: [...withKey, '--images={"components":[{"name":"x"}]}'],
    exitCode: 3,
    message: /1 of 1 components could not be decided/,
  },
  {
    name: "less time than it takes",
    args: [...withKey, image, "--timeout=1ms"],
    exitCode: 3,
    message: /the run took longer than 1 ms: raise --timeout/,
  },
  {
    name: "a report below a file",
    args: () => [...withKey, `--image=${world.imageOf("storefront")}`, "--output=json=cosign.pub/report.json"],
    exitCode: 2,
    message: /the report could not be written to cosign\.pub.report\.json/,
  },
];

/** One clear message, the right exit code, no stack trace, never a pass. */
async function check({ args, exitCode, message }: Case): Promise<void> {
  const outcome = await run(typeof args === "function" ? args() : args);
  expect(outcome.stderr).toMatch(message);
  expect(outcome.exitCode).toBe(exitCode);
  // What is said of policies has the form that `opa` gives it.
  expect(outcome.stderr.match(/^(?:error: |1 error occurred)/gm)).toHaveLength(1);
  expect(outcome.stdout + outcome.stderr).not.toMatch(/^\s+at .*[:)]\d*$/m);
  expect(outcome.stdout + outcome.stderr).not.toContain("MC4CAQ");
  expect(outcome.stdout).not.toMatch(/success"?: true/i);
  if (exitCode === 2) expect(outcome.stdout).toBe("");
}

describe("the command line", () => {
  it.each(commandLine)("$name", check);
});

describe("the snapshot", () => {
  it.each(snapshots)("$name", check);
});

describe("the key", () => {
  it.each(keys)("$name", check);
});

describe("the policy", () => {
  it.each(policies)("$name", check);
});

describe("the image", () => {
  it.each(images)("$name", check);

  it("says in the report what it could not decide", async () => {
    const cases = [
      [image, /127\.0\.0\.1:9 could not be reached \(ECONNREFUSED\)/],
      [
        '--images={"components":[{"name":"x","containerImage":"Registry.example/UPPER:x y"}]}',
        /expected an image reference .*got \\"Registry\.example\/UPPER:x y\\"/,
      ],
    ] as const;
    for (const [argument, message] of cases) {
      const { stdout } = await run([...withKey, argument, "--output=json"]);
      expect(JSON.parse(stdout)).toMatchObject({ success: false, components: [{ success: false, error: {} }] });
      expect(stdout).toMatch(message);
    }
  });

  it("an image that is not in its registry is a violation, and no pass", async () => {
    const outcome = await run([...withKey, `--image=${world.registry.host}/demo/nothing:v1`]);
    expect([1, 3]).toContain(outcome.exitCode);
    expect(outcome.stdout).toMatch(/^Success: false/);
  });
});

describe("a policy that does not compile", () => {
  it("is told with every error: file, row and column", async () => {
    const sources = join(folder, "policies");
    await rm(sources, { recursive: true, force: true });
    const texts: Readonly<Record<string, string>> = {
      "first.rego": "package first\n\nimport rego.v1\n\ndeny contains result if {\n\tresult := unknown_one\n}\n",
      "second.rego":
        "package second\n\nimport rego.v1\n\ndeny contains x if {\n\tx := unknown_two\n\tnot unknown_three\n}\n",
    };
    await writeFolder(sources, texts);
    const outcome = await run([...withKey, image, policyOf("./policies")]);
    expect(outcome.exitCode).toBe(2);
    expect(outcome.stdout).toBe("");
    expect(outcome.stderr).toMatch(/the policy does not compile: 5 errors/);
    expect(outcome.stderr).toMatch(/first\.rego:6:\d+: rego_unsafe_var_error: var unknown_one is unsafe/);
    expect(outcome.stderr).toMatch(/second\.rego:6:\d+: rego_unsafe_var_error: var unknown_two is unsafe/);
    expect(outcome.stderr).toMatch(/second\.rego:7:\d+: rego_unsafe_var_error: var unknown_three is unsafe/);
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
  });

  it("is told with every file that does not parse", async () => {
    const sources = join(folder, "unparsable");
    await writeFolder(sources, {
      "one.rego": "package one\n\ndeny := )\n",
      "two.rego": "package two\n\ndeny if {\n",
    });
    const outcome = await run([...withKey, image, policyOf("./unparsable")]);
    expect(outcome.exitCode).toBe(2);
    expect(outcome.stderr).toMatch(/2 errors/);
    expect(outcome.stderr).toMatch(/one\.rego:3:\d+: rego_parse_error/);
    expect(outcome.stderr).toMatch(/two\.rego:\d+:\d+: rego_parse_error/);
  });
});

describe("nothing is left behind", () => {
  it("in the folder where it was started", async () => {
    const expected = [...Object.keys(files), ".cache", "policies", "unparsable"];
    const found = await readdir(folder);
    expect(found.filter((name) => !expected.includes(name))).toEqual([]);
  });
});

async function writeFolder(path: string, texts: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(path, { recursive: true });
  await Promise.all(Object.entries(texts).map(([name, text]) => writeFile(join(path, name), text)));
}
