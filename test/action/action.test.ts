import { spawn } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  attestImage,
  createHttpTarget,
  createKeyPair,
  createProvenance,
  pushImage,
  pushPolicy,
  signImage,
} from "../../src/demo/index.ts";
import { type CacheServer, startCacheServer } from "../fixtures/cache-server.ts";
import { type DemoRegistry, startDemoRegistry } from "../fixtures/demo-registry.ts";
import { root } from "../sealcheck.ts";
import { type ActionRun, actionFile, createRunner, type Runner } from "./run-action.ts";

let world: DemoRegistry;
let runner: Runner;

beforeAll(async () => {
  world = await startDemoRegistry();
  runner = createRunner();
});

afterAll(async () => {
  await world.registry.close();
  runner.close();
});

/** Inputs that pass, without what names the images. */
function inputs(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    policy: world.demo.policyConfiguration,
    key: world.demo.publicKeyPem,
    "ignore-rekor": "true",
    cache: "false",
    ...changes,
  };
}

interface ReportFile {
  success: boolean;
  components: { name: string; containerImage: string; success: boolean; error?: object }[];
}

function reportOf(run: ActionRun): ReportFile {
  return JSON.parse(readFileSync(run.outputs.report ?? "", "utf8")) as ReportFile;
}

/** The policy is fetched before anything is restored: whoever may write the cache must not be able to change it. */
function isOfPolicy(request: string): boolean {
  return /\/v2\/(demo|layers)\/policy(-data)?\//.test(request);
}

function imagesOf(run: ActionRun): string[] {
  return JSON.parse(run.outputs.images ?? "") as string[];
}

const named = (run: ActionRun, name: string) => run.commands.filter((command) => command.name === name);

describe("action.yml", () => {
  it("runs the bundle with Node 24", () => {
    expect(actionFile.runs).toEqual({ using: "node24", main: "dist/index.js" });
  });
});

describe("a step that passes", () => {
  let run: ActionRun;
  beforeAll(async () => {
    run = await runner.run(inputs({ image: world.imageOf("storefront") }));
  });

  it("exits with 0 and says nothing else than its report", () => {
    expect({ exitCode: run.exitCode, stderr: run.stderr, commands: run.commands }).toEqual({
      exitCode: 0,
      stderr: "",
      commands: [],
    });
    expect(run.stdout).toContain("Success: true");
  });

  it("has the outputs that action.yml declares", () => {
    expect(Object.keys(run.outputs).toSorted()).toEqual(["images", "report", "success"]);
    expect(run.outputs.success).toBe("true");
    expect(reportOf(run)).toMatchObject({ success: true, components: [{ name: "Unnamed", success: true }] });
  });

  it("pins the image by the digest that it validated", () => {
    const { digest } = world.demo.expectations.find(({ name }) => name === "storefront") ?? {};
    expect(imagesOf(run)).toEqual([`${world.registry.host}/demo/storefront@${digest}`]);
  });

  it("writes the job summary", () => {
    expect(run.summary).toContain("storefront");
    expect(run.summary).toMatch(/pass/i);
  });
});

describe("a step that fails", () => {
  it("where the policy says no: outputs, summary and annotations are there", async () => {
    const run = await runner.run(inputs({ images: world.demo.snapshotJson }));
    expect(run.exitCode).toBe(1);
    expect(run.outputs.success).toBe("false");
    expect(imagesOf(run)).toHaveLength(6);
    expect(imagesOf(run).every((image) => /@sha256:[0-9a-f]{64}$/.test(image))).toBe(true);
    expect(Object.fromEntries(reportOf(run).components.map(({ name, success }) => [name, success]))).toEqual(
      Object.fromEntries(world.demo.expectations.map(({ name, success }) => [name, success])),
    );
    expect(run.summary).toContain("The policy says no to 2 of 6 images");
    expect(run.summary).toContain("builtin.image.signature&#95;check");
    const errors = named(run, "error");
    expect(errors.map(({ properties }) => properties)).toEqual(
      expect.arrayContaining([expect.stringContaining("builtin.image.signature_check")]),
    );
    expect(errors.at(-1)?.message).toBe("2 of 6 components violate the policy");
    expect(named(run, "warning").length).toBeGreaterThan(0);
    expect(run.commands.length).toBeLessThanOrEqual(11);
  });

  it("not where strict is false", async () => {
    const run = await runner.run(inputs({ image: world.imageOf("payments"), strict: "false" }));
    expect(run.exitCode).toBe(0);
    expect(run.outputs.success).toBe("false");
  });

  const unusable: [string, () => Record<string, string>, number, RegExp][] = [
    ["without an image", () => inputs(), 2, /image \(--image\): expected an image or a snapshot/],
    [
      "with several inputs that make no sense, all told at once",
      () => inputs({ image: "a", workers: "many", strict: "perhaps", "extra-params": "--polcy=x 'open" }),
      2,
      /(?=.*workers \(--workers\))(?=.*strict \(--strict\))(?=.*extra-params: .*quotes do not match)/,
    ],
    [
      "with an input that nobody knows: a misspelt policy is no missing one",
      () => inputs({ image: world.imageOf("storefront"), policy: "", polcy: world.demo.policyConfiguration }),
      2,
      /polcy: this input is not known; did you mean policy\?/,
    ],
    [
      "with a flag in extra-params that nobody knows",
      () => inputs({ image: "a", "extra-params": "--polcy=x" }),
      2,
      /--polcy: this flag is not known; did you mean --policy\?/,
    ],
    [
      "with a missing key file",
      () => inputs({ image: world.imageOf("storefront"), key: "cosign.pub" }),
      2,
      /cosign\.pub/,
    ],
    [
      "where the registry cannot be reached",
      () => inputs({ image: "127.0.0.1:9/app:1", "extra-params": "--retry-max-retry=0" }),
      3,
      /1 of 1 components could not be decided/,
    ],
  ];
  it.each(unusable)("%s", async (_name, given, exitCode, message) => {
    const run = await runner.run(given());
    expect(run.exitCode).toBe(exitCode);
    expect(run.outputs.success).toBe("false");
    const errors = named(run, "error");
    expect(errors.at(-1)?.message.replaceAll("%0A", " ")).toMatch(message);
    expect(run.stdout).not.toMatch(/^\s+at /m);
  });
});

describe("inputs", () => {
  it("take the snapshot as a file of the workspace, and so the key and the policy", async () => {
    writeFileSync(join(runner.workspace, "snapshot.yaml"), `spec: ${world.snapshotOf("storefront", "gateway")}\n`);
    writeFileSync(join(runner.workspace, "cosign.pub"), world.demo.publicKeyPem);
    writeFileSync(join(runner.workspace, "policy.yaml"), world.demo.policyConfiguration);
    const run = await runner.run(inputs({ images: "snapshot.yaml", key: "cosign.pub", policy: "policy.yaml" }));
    expect(run.exitCode).toBe(0);
    expect(imagesOf(run)).toHaveLength(4);
  });

  it("take YAML of several lines", async () => {
    const images = `\n  components:\n    - name: shop\n      containerImage: ${world.imageOf("storefront")}\n`;
    const run = await runner.run(inputs({ images }));
    expect(run.exitCode).toBe(0);
    expect(reportOf(run).components.map(({ name }) => name)).toEqual(["shop"]);
  });

  it("give way to extra-params, which are split as a shell does and run nothing", async () => {
    const output = join(runner.workspace, "the summary.json");
    const marker = join(runner.workspace, "was-run");
    const run = await runner.run(
      inputs({
        image: world.imageOf("payments"),
        "extra-params": `--strict=false --output "summary=${output}" --extra-rule-data 'k=$(touch ${marker})'`,
      }),
    );
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(await readFile(output, "utf8"))).toMatchObject({ success: false });
    expect(await readdir(runner.workspace)).not.toContain("was-run");
  });
});

describe("what others wrote", () => {
  it("is no command to the runner, in either notation", async () => {
    const name = "x\n::error title=forged::by a name\n##[error]forged\n::set-env name=PATH::evil";
    const images = JSON.stringify({
      components: [
        { name, containerImage: world.imageOf("payments") },
        { name: "::warning::forged", containerImage: world.imageOf("storefront") },
      ],
    });
    const run = await runner.run(inputs({ images }));
    expect(run.exitCode).toBe(1);
    expect(new Set(run.commands.map((command) => command.name))).toEqual(new Set(["error"]));
    expect(run.commands.map(({ properties }) => properties).join()).not.toContain("forged");
    expect(run.commands.at(-1)?.message).toBe("1 of 2 components violate the policy");
    expect(run.stderr).toBe("");
  });

  it("is no command either where it is in a message about unusable input", async () => {
    const run = await runner.run(inputs({ images: "components: [\n::set-env name=PATH::evil" }));
    expect(run.exitCode).toBe(2);
    expect(new Set(run.commands.map((command) => command.name))).toEqual(new Set(["error"]));
    expect(run.commands).toHaveLength(1);
  });
});

describe("between runs", () => {
  let cache: CacheServer;
  let shop: DemoRegistry;
  let machine: Runner;
  beforeAll(async () => {
    cache = await startCacheServer();
    shop = await startDemoRegistry();
    machine = createRunner();
  });
  afterAll(async () => {
    await cache.close();
    await shop.registry.close();
    machine.close();
  });

  /** A step on a fresh runner: nothing is left in its home folder. */
  async function freshRun(env: Readonly<Record<string, string>> = {}, changes: Readonly<Record<string, string>> = {}) {
    rmSync(join(machine.home, ".cache"), { recursive: true, force: true });
    shop.registry.forgetRequests();
    cache.forgetCalls();
    const run = await machine.run(
      {
        images: shop.demo.snapshotJson,
        policy: shop.demo.policyConfiguration,
        key: shop.demo.publicKeyPem,
        "ignore-rekor": "true",
        strict: "false",
        ...changes,
      },
      { ...cache.environment, ...env },
    );
    return { run, requests: shop.registry.requests.map(({ method, path }) => `${method} ${path}`) };
  }

  const verdictsOf = (run: ActionRun) => reportOf(run).components.map(({ name, success }) => [name, success]);
  let first: ActionRun;

  it("saves what it fetched, under a key of its own", async () => {
    const { run, requests } = await freshRun();
    first = run;
    expect(run.exitCode).toBe(0);
    expect(cache.keys).toEqual([expect.stringMatching(/^sealcheck-1-[0-9a-f]{32}$/)]);
    expect(requests.some((request) => request.includes("/blobs/"))).toBe(true);
  });

  it("restores it in the next run, and fetches no content again", async () => {
    const { run, requests } = await freshRun();
    expect(verdictsOf(run)).toEqual(verdictsOf(first));
    expect(cache.calls).toEqual(["GetCacheEntryDownloadURL", "download"]);
    const ofImages = requests.filter((request) => !isOfPolicy(request));
    expect(ofImages.filter((request) => request.includes("/blobs/"))).toEqual([]);
    expect(ofImages.filter((request) => /^GET .*\/manifests\//.test(request))).toEqual([]);
    expect(requests.length).toBeGreaterThan(0);
  });

  it("fetches no layer again that a policy reads files of", async () => {
    const target = createHttpTarget({ registry: shop.registry.host });
    const key = createKeyPair();
    const files = { "release/notice.yaml": "reviewed: true\n", "filler.txt": "x".repeat(200_000) };
    const image = await pushImage(target, { repository: "layers/app", tag: "v1", files });
    await signImage(target, image, key);
    const statement = createProvenance({
      image: "layers/app",
      digest: image.digest,
      git: { url: "https://git.example.com/app", revision: "0".repeat(40) },
    });
    await attestImage(target, image, statement, key);
    const policy = await pushPolicy(target, {
      repository: "layers/policy",
      tag: "v1",
      files: { "notice.rego": noticePolicy },
    });
    const run = () =>
      freshRun(
        {},
        {
          images: "",
          image: image.tagReference,
          key: key.publicKeyPem,
          policy: JSON.stringify({ sources: [{ policy: [`oci::${policy.tagReference}`] }] }),
        },
      );
    const layer = `GET /v2/layers/app/blobs/${image.layers[0]?.digest}`;
    const cold = await run();
    expect(cold.run.outputs.success).toBe("true");
    expect(cold.requests).toContain(layer);
    const warm = await run();
    expect(warm.run.outputs.success).toBe("true");
    expect(warm.requests.filter((request) => request.includes("/blobs/") && !isOfPolicy(request))).toEqual([]);
  });

  it("asks for tags again: a moved tag is seen at once", async () => {
    const target = createHttpTarget({ registry: shop.registry.host });
    const moved = await pushImage(target, { repository: "demo/storefront", tag: "v1", files: { "etc/motd": "other" } });
    const { run } = await freshRun({}, { images: shop.snapshotOf("storefront") });
    expect(imagesOf(run)).toEqual([moved.reference]);
    expect(run.outputs.success).toBe("false");
  });

  it("only restores in a pull request", async () => {
    const known = [...cache.keys];
    const { run } = await freshRun({ GITHUB_EVENT_NAME: "pull_request" }, { images: shop.snapshotOf("reports") });
    expect(run.exitCode).toBe(0);
    expect(cache.calls).toEqual(["GetCacheEntryDownloadURL", "download"]);
    expect(cache.keys).toEqual(known);
  });

  it("asks nobody where the input cache is false", async () => {
    const { run } = await freshRun({}, { cache: "false" });
    expect(run.exitCode).toBe(0);
    expect(cache.calls).toEqual([]);
  });

  describe("with a poisoned entry", () => {
    let honest: ActionRun;
    let original: string;
    beforeAll(async () => {
      honest = (await freshRun()).run;
      original = join(machine.home, "original");
      cpSync(join(machine.home, ".cache", "sealcheck"), original, { recursive: true });
    });

    /** Puts an entry in the service that is newer than all others: the folder of an honest run, changed. */
    async function poison(key: string, change: (files: readonly string[]) => void): Promise<void> {
      const folder = join(machine.home, ".cache", "sealcheck");
      rmSync(folder, { recursive: true, force: true });
      cpSync(original, folder, { recursive: true });
      change(listFiles(folder));
      await saveAs(key, folder);
    }

    const poisons: [string, (files: readonly string[]) => void][] = [
      [
        "bytes changed in every file",
        (files) => {
          for (const file of files) {
            const bytes = readFileSync(file);
            bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
            writeFileSync(file, bytes);
          }
        },
      ],
      [
        "every file with the content of the next",
        (files) => {
          const contents = files.map((file) => readFileSync(file));
          for (const [position, file] of files.entries()) {
            writeFileSync(file, contents[(position + 1) % contents.length] ?? "");
          }
        },
      ],
      [
        "the digest of a bad image replaced by that of a good one",
        (files) => {
          const digestOf = (name: string) =>
            shop.demo.expectations.find((one) => one.name === name)?.digest.slice("sha256:".length) ?? "";
          for (const file of files) {
            const text = readFileSync(file, "latin1").replaceAll(digestOf("payments"), digestOf("gateway"));
            writeFileSync(file, text, "latin1");
          }
        },
      ],
      [
        "every file empty",
        (files) => {
          for (const file of files) writeFileSync(file, "");
        },
      ],
    ];
    it.each(poisons)("%s, the verdict is the same", async (name, change) => {
      const key = `sealcheck-1-${name.replaceAll(/[ ,]/g, "-")}`;
      await poison(key, change);
      const { run } = await freshRun({ GITHUB_EVENT_NAME: "pull_request" });
      expect(cache.calls).toEqual(["GetCacheEntryDownloadURL", "download"]);
      expect(run.stdout).toContain(key);
      expect(verdictsOf(run)).toEqual(verdictsOf(honest));
      expect(imagesOf(run)).toEqual(imagesOf(honest));
      expect(reportOf(run).components.flatMap((component) => component.error ?? [])).toEqual([]);
    });

    it("whose archive is broken, everything is fetched", async () => {
      const newest = cache.keys.at(-1) ?? "";
      cache.replaceBlob(newest, Buffer.from("no archive"));
      const { run, requests } = await freshRun({ GITHUB_EVENT_NAME: "pull_request" });
      expect(run.exitCode).toBe(0);
      expect(requests.some((request) => request.includes("/blobs/"))).toBe(true);
    });
  });

  it.each([400, 403])("a service that answers %i costs nothing but time", async (status) => {
    cache.fail(status);
    try {
      const { run, requests } = await freshRun();
      expect(run.exitCode).toBe(0);
      expect(run.outputs.report).toBeDefined();
      expect(requests.some((request) => request.includes("/blobs/"))).toBe(true);
      expect(named(run, "error").filter(({ message }) => /cache/i.test(message))).toEqual([]);
    } finally {
      cache.fail(undefined);
    }
  });

  it("a service that is not there costs nothing but time", async () => {
    const { run } = await freshRun({ ACTIONS_CACHE_SERVICE_V2: "", ACTIONS_RESULTS_URL: "" });
    expect(run.exitCode).toBe(0);
  });

  /** Saves as another workflow could: with the same client, for the same place. */
  async function saveAs(key: string, folder: string): Promise<void> {
    const code = `const cache = await import("@actions/cache"); await cache.saveCache([process.argv[1]], process.argv[2]);`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", code, folder, key], {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        ...cache.environment,
        GITHUB_WORKSPACE: machine.workspace,
        RUNNER_TEMP: machine.workspace,
      },
      stdio: "ignore",
    });
    await new Promise((resolve) => child.once("close", resolve));
    expect(cache.keys.at(-1)).toBe(key);
  }
});

/** Wants a file in the image's layers. */
const noticePolicy = `package notice

import rego.v1

# METADATA
# title: Notice is there
# custom:
#   short_name: present
deny contains result if {
	files := ec.oci.image_files(input.image.ref, ["release"])
	not files["release/notice.yaml"].reviewed
	result := {"code": "notice.present", "msg": "the notice is missing"}
}
`;

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
