// `sealcheck registry` through the bundle, as a user starts it.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { runSealcheck } from "../sealcheck.ts";
import {
  digestOf,
  imageType,
  indexType,
  pushBlob,
  putManifest,
  type RunningProgram,
  startProgram,
  toImage,
} from "./running.ts";

const folder = mkdtempSync(join(tmpdir(), "sealcheck-registry-"));
let folders = 0;
const nextFolder = () => join(folder, String(folders++));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const running: RunningProgram[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.stop("SIGKILL")));
});

async function start(...flags: string[]): Promise<RunningProgram> {
  const program = await startProgram(...flags);
  running.push(program);
  return program;
}

function contentFile(directory: string, digest: string): string {
  return join(directory, "content", digest.slice(7, 9), digest.slice(7));
}

async function pushImage(url: string, repository: string, reference: string): Promise<string> {
  const config = { digest: await pushBlob(url, repository, "{}"), size: 2 };
  const layer = { digest: await pushBlob(url, repository, `layer of ${repository}`), size: 9 + repository.length };
  const image = toImage(config, layer);
  expect((await putManifest(url, repository, reference, image)).status).toBe(201);
  return image;
}

describe("sealcheck registry", () => {
  it("serves what was pushed, also after a restart", async () => {
    const directory = nextFolder();
    const first = await start(`--dir=${directory}`);
    expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const image = await pushImage(first.url, "team/app", "v1");
    await first.stop("SIGKILL");
    const second = await start(`--dir=${directory}`);
    const got = await fetch(`${second.url}/v2/team/app/manifests/v1`);
    expect([got.status, got.headers.get("content-type"), await got.text()]).toEqual([200, imageType, image]);
  });

  it("keeps everything in memory without a folder", async () => {
    const { url } = await start();
    const digest = await pushBlob(url, "app", "layer");
    expect(await (await fetch(`${url}/v2/app/blobs/${digest}`)).text()).toBe("layer");
  });

  // Windows has no signals that a program could hear.
  it.skipIf(process.platform === "win32").each<NodeJS.Signals>(["SIGTERM", "SIGINT"])(
    "ends with 0 at %s, also in the middle of a push",
    async (signal) => {
      const program = await start(`--dir=${nextFolder()}`);
      const begun = await fetch(`${program.url}/v2/app/blobs/uploads/`, { method: "POST" });
      const endless = new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from("first piece")),
      });
      const target = `${program.url}${begun.headers.get("location")}`;
      const push = fetch(target, { method: "PATCH", body: endless, duplex: "half" } as RequestInit);
      const cut = expect(push).rejects.toThrow(TypeError);
      await expect.poll(async () => (await fetch(target)).headers.get("range"), { timeout: 20_000 }).toBe("0-10");
      expect(await program.stop(signal)).toBe(0);
      await cut;
    },
  );

  it("refuses blobs over --max-blob-size", async () => {
    const { url } = await start("--max-blob-size=10");
    await pushBlob(url, "app", "0123456789");
    await expect(pushBlob(url, "app", "0123456789+")).rejects.toThrow(/413.*at most 10 bytes/);
  });
});

describe("sealcheck registry refuses to start", () => {
  it("on a port that is taken", async () => {
    const { url } = await start();
    const { port } = new URL(url);
    const { exitCode, stdout, stderr } = await runSealcheck(["registry", `--port=${port}`]);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(
      `error: --port: port ${port} of 127.0.0.1 is in use; choose another one, or 0 for any that is free\n`,
    );
  });

  it("on an address that is not this machine's", async () => {
    const { exitCode, stderr } = await runSealcheck(["registry", "--port=0", "--host=192.0.2.1"]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error: --host: expected an address of this machine, got 192\.0\.2\.1/);
  });

  it.each([
    [
      "a folder of other files",
      "notes.txt",
      "mine",
      /an empty folder or one that a registry wrote, got one that holds "notes.txt"/,
    ],
    ["another format", "sealcheck-registry.json", '{"format":2}', /a store of format 1, got one of format 2/],
    ["no format", "sealcheck-registry.json", "{", /a store of format 1, got one of format unknown/],
  ])("on %s, and leaves it alone", async (_, name, text, message) => {
    const directory = nextFolder();
    mkdirSync(directory);
    writeFileSync(join(directory, name), text);
    const { exitCode, stderr } = await runSealcheck(["registry", "--port=0", `--dir=${directory}`]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
    expect(readdirSync(directory)).toEqual([name]);
  });

  it("on a file instead of a folder", async () => {
    const file = nextFolder();
    writeFileSync(file, "");
    const { exitCode, stderr } = await runSealcheck(["registry", "--port=0", `--dir=${file}`]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/expected a folder that can be read and written/);
  });

  it("with platforms that are none", async () => {
    const { exitCode, stderr } = await runSealcheck(["registry", "--platforms=linux"]);
    expect([exitCode, stderr.includes('got the entry "linux"')]).toEqual([2, true]);
  });
});

describe("an index whose children are not all there", () => {
  const missing = [
    { platform: { os: "linux", architecture: "arm64", variant: "v8" }, digest: digestOf("arm64"), size: 9 },
    { platform: { os: "windows", architecture: "amd64" }, digest: digestOf("windows"), size: 9 },
  ];

  async function pushIndex(...flags: string[]) {
    const { url } = await start(...flags);
    const image = await pushImage(url, "app", "amd64");
    const present = {
      platform: { os: "linux", architecture: "amd64" },
      digest: digestOf(image),
      size: image.length,
    };
    const manifests = [present, ...missing].map((child) => ({ mediaType: imageType, ...child }));
    const index = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests });
    return { url, index, response: await putManifest(url, "app", "index", index, indexType) };
  }

  it.each([
    ["all", ["linux/arm64/v8", "windows/amd64"]],
    ["linux/amd64,linux/arm64", ["linux/arm64/v8"]],
    ["linux/amd64,windows/amd64", ["windows/amd64"]],
  ])("is refused with --platforms=%s: every required one is named", async (platforms, expected) => {
    const { response, url } = await pushIndex(`--platforms=${platforms}`);
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { code: string; detail: Record<string, string> }[] };
    expect(errors.map(({ code, detail }) => [code, detail.platform])).toEqual(
      expected.map((platform) => ["MANIFEST_BLOB_UNKNOWN", platform]),
    );
    for (const { detail } of errors) expect(missing.map(({ digest }) => digest)).toContain(detail.digest);
    expect((await fetch(`${url}/v2/app/manifests/index`)).status).toBe(404);
  });

  it.each(["none", "linux/amd64", "linux/amd64,linux/arm64/v9"])(
    "is accepted with --platforms=%s, and keeps its digest",
    async (platforms) => {
      const { response, url, index } = await pushIndex(`--platforms=${platforms}`);
      expect([response.status, response.headers.get("docker-content-digest")]).toEqual([201, digestOf(index)]);
      expect(await (await fetch(`${url}/v2/app/manifests/index`)).text()).toBe(index);
      const child = await fetch(`${url}/v2/app/manifests/${missing[0]?.digest}`);
      expect(child.status).toBe(404);
    },
  );

  it("may be an image without its layers only where that is said", async () => {
    const image = toImage({ digest: digestOf("config"), size: 6 });
    const strict = await start("--platforms=none");
    expect((await putManifest(strict.url, "app", "v1", image)).status).toBe(400);
    const lax = await start("--accept-missing-blobs");
    expect((await putManifest(lax.url, "app", "v1", image)).status).toBe(201);
  });
});

describe("the folder", () => {
  it("loses a deleted blob's bytes at once, unless another repository holds them", async () => {
    const directory = nextFolder();
    const { url } = await start(`--dir=${directory}`);
    const digest = await pushBlob(url, "one", "shared");
    await pushBlob(url, "two", "shared");
    const remove = async (repository: string) =>
      (await fetch(`${url}/v2/${repository}/blobs/${digest}`, { method: "DELETE" })).status;
    expect([await remove("one"), existsSync(contentFile(directory, digest))]).toEqual([202, true]);
    expect(await (await fetch(`${url}/v2/two/blobs/${digest}`)).text()).toBe("shared");
    expect([await remove("two"), existsSync(contentFile(directory, digest))]).toEqual([202, false]);
  });

  it("is cleaned at the start of what killed processes left, and of nothing else", async () => {
    const directory = nextFolder();
    const first = await start(`--dir=${directory}`);
    const image = await pushImage(first.url, "app", "v1");
    const begun = await fetch(`${first.url}/v2/app/blobs/uploads/`, { method: "POST" });
    await first.stop("SIGKILL");
    const garbage = digestOf("garbage");
    mkdirSync(join(directory, "content", garbage.slice(7, 9)), { recursive: true });
    writeFileSync(contentFile(directory, garbage), "garbage");
    const old = new Date(Date.now() - 48 * 60 * 60 * 1000);
    for (const name of ["temporary/old", "temporary/new", `uploads/${"0".repeat(64)}.old`]) {
      writeFileSync(join(directory, name), "left over");
      if (name.endsWith("old")) utimesSync(join(directory, name), old, old);
    }
    const second = await start(`--dir=${directory}`);
    expect(existsSync(contentFile(directory, garbage))).toBe(false);
    expect(readdirSync(join(directory, "temporary"))).toEqual(["new"]);
    expect(readdirSync(join(directory, "uploads")).length).toBe(1);
    expect((await fetch(`${second.url}${begun.headers.get("location")}`)).status).toBe(204);
    expect(await (await fetch(`${second.url}/v2/app/manifests/v1`)).text()).toBe(image);
    expect((await fetch(`${second.url}/v2/app/blobs/${digestOf("layer of app")}`)).status).toBe(200);
  });

  it("never gives out a blob whose file was changed; pushed again, it is whole", async () => {
    const directory = nextFolder();
    const { url } = await start(`--dir=${directory}`);
    const digest = await pushBlob(url, "app", "good bytes");
    writeFileSync(contentFile(directory, digest), "evil bytes");
    const read = async () => await (await fetch(`${url}/v2/app/blobs/${digest}`)).text();
    await expect(read()).rejects.toThrow(TypeError);
    expect((await fetch(`${url}/v2/app/blobs/${digest}`, { method: "HEAD" })).status).toBe(404);
    await pushBlob(url, "app", "good bytes");
    expect(await read()).toBe("good bytes");
  });
});
