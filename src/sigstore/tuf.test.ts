import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTufMirror, type TufMirror } from "./testing/tuf-mirror.ts";
import { fetchTrustedRootByTuf } from "./tuf.ts";

const target = JSON.stringify({ mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1" });
const signal = new AbortController().signal;
let folder: string;
let mirrors: TufMirror[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tuf-test-"));
  mirrors = [];
});

afterEach(async () => {
  await Promise.all(mirrors.map((mirror) => mirror.close()));
  await rm(folder, { recursive: true });
});

async function start(
  options: Parameters<typeof startTufMirror>[1] = {},
): Promise<{ mirror: TufMirror; rootPath: string }> {
  const mirror = await startTufMirror(target, options);
  mirrors.push(mirror);
  const rootPath = join(folder, "root.json");
  await writeFile(rootPath, mirror.rootJson);
  return { mirror, rootPath };
}

describe("fetchTrustedRootByTuf", () => {
  it("gets the trusted root, and from the cache where it is still the newest", async () => {
    const { mirror, rootPath } = await start();
    const options = { signal, mirrorUrl: `${mirror.url}/`, rootPath, cachePath: join(folder, "cache"), retries: 0 };
    expect(await fetchTrustedRootByTuf(options)).toBe(target);
    expect(await fetchTrustedRootByTuf(options)).toBe(target);
    expect(mirror.requests.filter((path) => path.startsWith("/targets/"))).toHaveLength(1);
    expect(mirror.requests.filter((path) => path === "/timestamp.json")).toHaveLength(2);
  });

  it.each<[string, (mirror: TufMirror) => ReadonlyMap<string, string>]>([
    ["a root of somebody else's in it", (mirror) => mirror.forgeCache('{"mediaType":"forged"}')],
    ["a damaged root in it", () => new Map([["root.json", "{"]])],
    ["damaged targets in it", () => new Map([["targets.json", "{"]])],
    ["a folder in a file's place", () => new Map([["timestamp.json/x", ""]])],
    ["a folder in the root's place", () => new Map([["root.json/x", ""]])],
  ])("believes the mirror and not the cache, with %s", async (_name, forge) => {
    const { mirror, rootPath } = await start();
    const cachePath = join(folder, "cache");
    for (const [name, content] of forge(mirror)) {
      const path = join(cachePath, encodeURIComponent(new URL(mirror.url).host), name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    }
    const options = { signal, mirrorUrl: mirror.url, rootPath, cachePath, retries: 0 };
    expect(await fetchTrustedRootByTuf(options)).toBe(target);
  });

  it("goes by the root that it is given, whatever an earlier run was given", async () => {
    const [before, after] = [await start(), await startTufMirror(target)];
    mirrors.push(after);
    const cachePath = join(folder, "cache");
    const options = { signal, mirrorUrl: before.mirror.url, cachePath, retries: 0 };
    expect(await fetchTrustedRootByTuf({ ...options, rootPath: before.rootPath })).toBe(target);
    const rootPath = join(folder, "other.json");
    await writeFile(rootPath, after.rootJson);
    await expect(fetchTrustedRootByTuf({ ...options, rootPath })).rejects.toMatchObject({ code: "trust_unavailable" });
  });

  it("keeps nothing without a cache directory", async () => {
    const { mirror, rootPath } = await start();
    const options = { signal, mirrorUrl: mirror.url, rootPath, retries: 0 };
    expect(await fetchTrustedRootByTuf(options)).toBe(target);
    expect(await fetchTrustedRootByTuf(options)).toBe(target);
    expect(mirror.requests.filter((path) => path.startsWith("/targets/"))).toHaveLength(2);
  });

  it.each<[string, () => Promise<{ mirror: TufMirror; rootPath: string }>]>([
    ["a target that was changed", () => start({ tamper: (text) => text.replace("version", "VERSION") })],
    [
      "a mirror with other keys than the given root",
      async () => {
        const { mirror } = await start();
        return { mirror, rootPath: (await start()).rootPath };
      },
    ],
  ])("refuses %s", async (_name, make) => {
    const { mirror, rootPath } = await make();
    const act = fetchTrustedRootByTuf({ signal, mirrorUrl: mirror.url, rootPath, retries: 0 });
    await expect(act).rejects.toMatchObject({ code: "trust_unavailable" });
  });

  it("says that the mirror does not answer, without the secrets of its address", async () => {
    const { mirror, rootPath } = await start();
    await mirror.close();
    const mirrorUrl = `${mirror.url}/tuf?token=secret`;
    const act = fetchTrustedRootByTuf({ signal, mirrorUrl, rootPath, timeoutMs: 500, retries: 0 });
    await expect(act).rejects.toMatchObject({
      code: "trust_unavailable",
      retryable: true,
      subject: new URL(mirror.url).host,
    });
    await expect(act).rejects.not.toThrow(/secret/);
  });

  it("wants the first root of a mirror that it does not know", async () => {
    const act = fetchTrustedRootByTuf({ signal, mirrorUrl: "https://tuf.example.com" });
    await expect(act).rejects.toMatchObject({ code: "trust_unavailable", retryable: false });
  });

  it("obeys the signal", async () => {
    const { mirror, rootPath } = await start();
    const ended = AbortSignal.abort(new Error("over"));
    await expect(fetchTrustedRootByTuf({ signal: ended, mirrorUrl: mirror.url, rootPath })).rejects.toThrow("over");
    expect(mirror.requests).toEqual([]);
  });
});
