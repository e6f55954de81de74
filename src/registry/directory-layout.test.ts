import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createLayout, writeAtomically } from "./directory-layout.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "registry-layout-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

it("leaves nothing of a file that could not be written to its end", async () => {
  const layout = createLayout(root);
  const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  async function* cut() {
    yield Buffer.alloc(100_000);
    throw full;
  }
  const path = join(root, "file");
  await expect(writeAtomically(layout, path, cut() as unknown as Uint8Array)).rejects.toBe(full);
  expect(await readdir(root, { recursive: true })).toEqual(["temporary"]);
});
