import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openDirectoryStore } from "./directory-store.ts";
import {
  createManifest,
  createOpener,
  describeRegistry,
  digestOf,
  pushBlob,
  putManifest,
  readCodes,
} from "./registry.contract.ts";

const folder = mkdtempSync(join(tmpdir(), "registry-"));
let stores = 0;
const nextFolder = () => join(folder, String(stores++));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("registry on a directory store", () => describeRegistry(() => openDirectoryStore(nextFolder())));

const writer = `
const [module, directory] = process.argv.slice(1);
const { openDirectoryStore } = await import(module);
const { createHash } = await import("node:crypto");
const store = await openDirectoryStore(directory);
const toDigest = (bytes) => "sha256:" + createHash("sha256").update(bytes).digest("hex");
const write = async (lane) => {
  for (let count = 0; ; count += 1) {
    const bytes = Buffer.from((lane + " " + count + " ").repeat(2000));
    const id = await store.uploads.start("app");
    await store.uploads.append("app", id, (async function* () { yield bytes; })());
    await store.uploads.commit("app", id, toDigest(bytes));
    const manifest = bytes.subarray(0, 5000);
    await store.manifests.put("app", toDigest(manifest), { mediaType: "application/x", bytes: manifest });
    await store.manifests.setTag("app", "tag-" + lane + "-" + (count % 100), toDigest(manifest));
    process.stdout.write(".");
  }
};
await Promise.all([0, 1, 2, 3].map(write));
`;

/** Lets a process write to a store, and kills it in the middle of that after so many writes. */
async function killWhileWriting(directory: string, writes: number): Promise<void> {
  const module = new URL("./directory-store.ts", import.meta.url).href;
  const args = ["--no-warnings", "--input-type=module", "--eval", writer, module, directory];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  let seen = 0;
  child.stdout.on("data", (dots: Buffer) => {
    seen += dots.length;
    if (seen >= writes) child.kill("SIGKILL");
  });
  await ended;
  expect(seen).toBeGreaterThanOrEqual(writes);
}

describe("directory store", () => {
  const open = createOpener(() => openDirectoryStore(nextFolder()));

  it("finds everything again, uploads under way included", async () => {
    const directory = nextFolder();
    const before = await open({ store: await openDirectoryStore(directory) });
    const subject = { mediaType: "application/x", digest: digestOf("subject"), size: 7 };
    const manifest = await createManifest(before, "team/app", { subject });
    await putManifest(before, "team/app", "v1", manifest);
    const started = await fetch(`${before.url}/v2/team/app/blobs/uploads/`, { method: "POST" });
    const upload = started.headers.get("location");
    await fetch(`${before.url}${upload}`, { method: "PATCH", body: "half" });
    await before.close();

    const after = await open({ store: await openDirectoryStore(directory) });
    expect(await (await fetch(`${after.url}/v2/team/app/manifests/v1`)).json()).toEqual(manifest);
    expect(await (await fetch(`${after.url}/v2/team/app/blobs/${digestOf("layer")}`)).text()).toBe("layer");
    const referrers = await (await fetch(`${after.url}/v2/team/app/referrers/${subject.digest}`)).json();
    expect(referrers).toMatchObject({ manifests: [{ digest: digestOf(JSON.stringify(manifest)) }] });
    const put = await fetch(`${after.url}${upload}?digest=${digestOf("half done")}`, { method: "PUT", body: " done" });
    expect(put.status).toBe(201);
  });

  it("makes no file name of what a client sends", async () => {
    const directory = nextFolder();
    const registry = await open({ store: await openDirectoryStore(directory) });
    const manifest = await createManifest(registry, "con/aux");
    await putManifest(registry, "con/aux", "NUL", manifest);
    await putManifest(registry, "con/aux", "nul", { ...manifest, annotations: { a: "b" } });
    const names = readdirSync(directory, { recursive: true }).map(String);
    expect(names.filter((name) => /con|aux|nul/i.test(name) && !/content/.test(name))).toEqual([]);
    const digests = ["NUL", "nul"].map(async (tag) =>
      (await fetch(`${registry.url}/v2/con/aux/manifests/${tag}`)).headers.get("docker-content-digest"),
    );
    expect(new Set(await Promise.all(digests)).size).toBe(2);
    for (const id of ["..%2F..%2Fx", "..%5Cx", "0".repeat(36)]) {
      expect((await fetch(`${registry.url}/v2/con/aux/blobs/uploads/${id}`)).status).toBe(404);
    }
  });

  it("leaves nothing behind in temporary files, and serves no half file", async () => {
    const directory = nextFolder();
    const registry = await open({ store: await openDirectoryStore(directory) });
    const digest = await pushBlob(registry, "app", "layer");
    expect(readdirSync(join(directory, "temporary"))).toEqual([]);
    expect(readdirSync(join(directory, "uploads"))).toEqual([]);
    const content = join(directory, "content", digest.slice(7, 9), digest.slice(7));
    expect(readFileSync(content, "utf8")).toBe("layer");
    expect(existsSync(`${content}.tmp`)).toBe(false);
  });

  it("survives a kill at any moment: what is there is whole", async () => {
    const directory = nextFolder();
    await killWhileWriting(directory, 300);
    const folders = readdirSync(join(directory, "content"));
    let files = 0;
    for (const name of folders.flatMap((first) => readdirSync(join(directory, "content", first)))) {
      expect(digestOf(readFileSync(join(directory, "content", name.slice(0, 2), name)))).toBe(`sha256:${name}`);
      files += 1;
    }
    expect(files).toBeGreaterThan(300);
    const store = await openDirectoryStore(directory);
    const tags = await store.manifests.tags("app");
    expect(tags.length).toBeGreaterThan(150);
    for (const tag of tags) {
      const digest = await store.manifests.resolveTag("app", tag);
      expect(digest && (await store.manifests.get("app", digest))?.mediaType).toBe("application/x");
    }
  });

  it("answers 500 for a manifest whose file was changed, never the changed bytes", async () => {
    const directory = nextFolder();
    const registry = await open({ store: await openDirectoryStore(directory) });
    const manifest = await createManifest(registry, "app");
    await putManifest(registry, "app", "v1", manifest);
    const digest = digestOf(JSON.stringify(manifest));
    writeFileSync(join(directory, "content", digest.slice(7, 9), digest.slice(7)), "{}");
    const response = await fetch(`${registry.url}/v2/app/manifests/v1`);
    expect([response.status, await readCodes(response)]).toEqual([500, ["UNKNOWN"]]);
  });

  it("opens in the root of a new file system, which has a folder of its own", async () => {
    const directory = nextFolder();
    mkdirSync(join(directory, "lost+found"), { recursive: true });
    const registry = await open({ store: await openDirectoryStore(directory) });
    await pushBlob(registry, "app", "layer");
    expect(existsSync(join(directory, "lost+found"))).toBe(true);
  });

  it.each(["tags", "manifests"])(
    "says so where a power failure left an empty file in %s, and is mended by a push",
    async (kind) => {
      const directory = nextFolder();
      const registry = await open({ store: await openDirectoryStore(directory) });
      const manifest = await createManifest(registry, "app");
      await putManifest(registry, "app", "broken", manifest);
      const folders = join(directory, "repositories");
      const [repository = ""] = readdirSync(folders);
      for (const name of readdirSync(join(folders, repository, kind)))
        writeFileSync(join(folders, repository, kind, name), "");
      const other = await createManifest(registry, "app", { annotations: { note: "other" } });
      await putManifest(registry, "app", "other", other);
      const see = async (path: string, method = "GET") => {
        const response = await fetch(`${registry.url}/v2/app/${path}`, { method });
        return [response.status, ...(response.ok ? [] : await readCodes(response))];
      };
      expect(await see("manifests/broken")).toEqual([500, "UNKNOWN"]);
      expect(await see("manifests/other")).toEqual([200]);
      expect(await see("tags/list")).toEqual([200]);
      expect(await see(`manifests/${digestOf(JSON.stringify(other))}`, "DELETE")).toEqual([202]);
      expect((await putManifest(registry, "app", "broken", manifest)).status).toBe(201);
      expect(await (await fetch(`${registry.url}/v2/app/manifests/broken`)).json()).toEqual(manifest);
    },
  );
});
