import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeFolder } from "./folders.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sealcheck-folders-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("makeFolder", () => {
  it.each([
    ["one that is there", ""],
    ["one below", "a"],
    ["several", join("b", "c", "d")],
    ["several again", join("b", "c", "d")],
  ])("makes %s", async (_name, path) => {
    await makeFolder(join(folder, path));
    expect((await stat(join(folder, path))).isDirectory()).toBe(true);
  });

  it.skipIf(process.platform === "win32")("gives all that it makes the permissions asked for", async () => {
    await makeFolder(join(folder, "h", "i"), 0o700);
    for (const path of ["h", join("h", "i")]) expect((await stat(join(folder, path))).mode & 0o777).toBe(0o700);
  });

  it("makes the same one at once", async () => {
    const path = join(folder, "e", "f", "g");
    await Promise.all(Array.from({ length: 20 }, () => makeFolder(path)));
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it("refuses a place below a file", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(makeFolder(join(folder, "file"))).rejects.toMatchObject({ code: "EEXIST" });
    await expect(makeFolder(join(folder, "file", "x", "y"))).rejects.toThrow();
  });

  it.runIf(process.platform === "linux")("ends where the folder above takes none", async () => {
    await expect(makeFolder("/proc/sealcheck/x")).rejects.toMatchObject({ code: "ENOENT" });
  });
});
