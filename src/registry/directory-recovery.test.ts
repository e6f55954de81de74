import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Log } from "../types/index.ts";
import type { ContentDigest } from "./content-digest.ts";
import { createContentFolder } from "./directory-content.ts";
import { createLayout } from "./directory-layout.ts";
import { type DirectoryStoreOptions, openDirectoryStore } from "./directory-store.ts";
import { RegistryError } from "./errors.ts";
import { digestOf, sha512Of } from "./registry.contract.ts";
import type { RegistryStore } from "./store.ts";

const folder = mkdtempSync(join(tmpdir(), "registry-recovery-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hourMs = 60 * 60 * 1000;
let directory = "";
let count = 0;
beforeEach(() => {
  directory = join(folder, String(count++));
});

function contentFile(digest: string): string {
  const hex = digest.slice(7);
  return join(directory, "content", hex.slice(0, 2), hex);
}

function writeContent(digest: string, text: string): void {
  mkdirSync(join(contentFile(digest), ".."), { recursive: true });
  writeFileSync(contentFile(digest), text);
}

async function push(store: RegistryStore, repository: string, text: string, digest = digestOf(text)) {
  const id = await store.uploads.start(repository);
  await store.uploads.append(repository, id, Readable.from([Buffer.from(text)]));
  expect(await store.uploads.commit(repository, id, digest as ContentDigest)).toBe(true);
  return digest as ContentDigest;
}

/** As a client does it: who loses against a removal at the same moment is asked to try again. */
async function pushAgain(
  store: RegistryStore,
  repository: string,
  text: string,
  attempts = 10,
): Promise<ContentDigest> {
  try {
    return await push(store, repository, text);
  } catch (thrown) {
    if (attempts > 1 && thrown instanceof RegistryError && thrown.status === 503) {
      return await pushAgain(store, repository, text, attempts - 1);
    }
    throw thrown;
  }
}

async function readText(store: RegistryStore, repository: string, digest: ContentDigest): Promise<string | undefined> {
  const size = await store.blobs.size(repository, digest);
  if (size === undefined) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of store.blobs.read(repository, digest, { start: 0, end: size })) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

const reopen = (options: DirectoryStoreOptions = {}) => openDirectoryStore(directory, options);
const later = { now: () => Date.now() + 25 * hourMs };

describe("opening a directory store", () => {
  it("removes content that no repository links to, of both algorithms, and keeps the rest", async () => {
    const store = await reopen();
    const blobs = [await push(store, "app", "one"), await push(store, "app", "two", sha512Of("two"))];
    const manifest = digestOf("manifest") as ContentDigest;
    await store.manifests.put("app", manifest, { mediaType: "application/x", bytes: Buffer.from("manifest") });
    for (const digest of [digestOf("garbage"), sha512Of("garbage")]) writeContent(digest, "garbage");
    writeContent("sha256:no digest at all", "somebody's file");
    const again = await reopen();
    expect([existsSync(contentFile(digestOf("garbage"))), existsSync(contentFile(sha512Of("garbage")))]).toEqual([
      false,
      false,
    ]);
    expect(existsSync(contentFile("sha256:no digest at all"))).toBe(true);
    expect(await Promise.all(blobs.map((digest) => readText(again, "app", digest)))).toEqual(["one", "two"]);
    expect((await again.manifests.get("app", manifest))?.mediaType).toBe("application/x");
  });

  it("brings back what a killed process had put aside, where a repository links to it", async () => {
    const store = await reopen();
    const digest = await push(store, "app", "needed");
    renameSync(contentFile(digest), `${contentFile(digest)}.removed`);
    writeContent(digestOf("garbage"), "garbage");
    renameSync(contentFile(digestOf("garbage")), `${contentFile(digestOf("garbage"))}.removed`);
    const again = await reopen();
    expect(await readText(again, "app", digest)).toBe("needed");
    const names = readdirSync(join(directory, "content"), { recursive: true }).map(String);
    expect(names.filter((name) => /removed|garbage/.test(name))).toEqual([]);
    expect(existsSync(contentFile(digestOf("garbage")))).toBe(false);
  });

  it("removes links to content that never came once they are old", async () => {
    const store = await reopen();
    const digest = await push(store, "app", "layer");
    rmSync(contentFile(digest));
    const countLinks = () =>
      readdirSync(join(directory, "repositories"), { recursive: true }).filter((name) =>
        String(name).endsWith(digest.slice(7)),
      ).length;
    await reopen();
    expect(countLinks()).toBe(1);
    await reopen(later);
    expect(countLinks()).toBe(0);
  });

  it("removes temporary files after a quarter of an hour and uploads after a day", async () => {
    const store = await reopen();
    await push(store, "app", "layer");
    const id = await store.uploads.start("app");
    writeFileSync(join(directory, "temporary", "left"), "");
    const list = () => [
      readdirSync(join(directory, "temporary")).length,
      readdirSync(join(directory, "uploads")).length,
    ];
    await reopen();
    expect(list()).toEqual([1, 1]);
    await reopen({ now: () => Date.now() + hourMs });
    expect(list()).toEqual([0, 1]);
    await reopen({ now: () => Date.now() + 23 * hourMs });
    expect(await store.uploads.size("app", id)).toBe(0);
    await reopen(later);
    expect(list()).toEqual([0, 0]);
  });

  it.each([
    ["content", 2, 1],
    ["links", 1, 3],
  ])("leaves garbage alone and says so above its bound of files: %s", async (_, contents, repositories) => {
    const store = await reopen();
    for (let number = 0; number < contents; number += 1) {
      for (let other = 0; other < repositories; other += 1) await push(store, `app-${other}`, `layer ${number}`);
    }
    writeContent(digestOf("garbage"), "garbage");
    const warnings: string[] = [];
    const log: Log = { debug() {}, info() {}, error() {}, warning: (message) => void warnings.push(message) };
    await reopen({ maxFiles: 2, log });
    expect(warnings).toEqual([expect.stringContaining("holds more than 2 files")]);
    expect(existsSync(contentFile(digestOf("garbage")))).toBe(true);
    await reopen({ maxFiles: 3, log });
    expect([warnings.length, existsSync(contentFile(digestOf("garbage")))]).toEqual([1, false]);
  });

  it("takes nothing from a process that pushes meanwhile", async () => {
    const writer = await reopen();
    const texts = Array.from({ length: 40 }, (_, number) => `layer ${number}`);
    const [digests] = await Promise.all([
      Promise.all(texts.map((text) => pushAgain(writer, "app", text))),
      ...[1, 2, 3].map(() => reopen()),
    ]);
    expect(await Promise.all(digests.map((digest) => readText(writer, "app", digest)))).toEqual(texts);
  });

  it("refuses a folder whose files it did not write, and another format", async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, "content"), "");
    await expect(reopen()).rejects.toMatchObject({ code: "STORE_UNUSABLE" });
    writeFileSync(join(directory, "sealcheck-registry.json"), '{"format":0}');
    await expect(reopen()).rejects.toMatchObject({ code: "STORE_UNUSABLE" });
  });
});

describe("a file of content that was changed", () => {
  it.each([
    ["cut", "goo"],
    ["changed", "evil"],
    ["emptied", ""],
  ])("is never read to its end when %s", async (_, text) => {
    const store = await reopen();
    const digest = await push(store, "app", "good");
    writeFileSync(contentFile(digest), text);
    await expect(readText(store, "app", digest)).rejects.toMatchObject({ code: "UNKNOWN", status: 500 });
    expect(await store.blobs.size("app", digest)).toBeUndefined();
  });
});

describe("a link to content", () => {
  it("is not kept where another process has removed the content", async () => {
    await reopen();
    const layout = createLayout(directory);
    const digest = digestOf("layer") as ContentDigest;
    const path = layout.blobLink("app", digest);
    expect(await createContentFolder(layout).link(digest, { path, bytes: Buffer.from("") })).toBe(false);
    expect(existsSync(path)).toBe(false);
  });

  it("is not written before the content is there", async () => {
    await reopen();
    const layout = createLayout(directory);
    const digest = digestOf("layer") as ContentDigest;
    const path = layout.blobLink("app", digest);
    const put = createContentFolder(layout).put(digest, layout.temporary(), { path, bytes: Buffer.from("") });
    await expect(put).rejects.toMatchObject({ code: "ENOENT" });
    expect(existsSync(path)).toBe(false);
  });
});
