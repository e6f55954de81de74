// Blobs that are longer than their descriptors say, or than their reader allows, through the disk cache.
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createContentStore } from "../cache/index.ts";
import { silentLog, toDigest } from "../types/index.ts";
import { type Answer, noSignal } from "./fake-registry.fixture.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const content = randomBytes(200_000);
const digest = toDigest(content);
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "blobs-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));
const registry = useFakeRegistry();
const connect = useTestClients();

const startRun = () => connect({ store: createContentStore({ directory, maxBytes: 1e9, log: silentLog }) });
const location = () => ({ registry: registry.host, repository: "team/app" });

/** A body without an end and without a length; `left` when nobody reads it any more. */
function sendWithoutEnd(): { answer: Answer; left: Promise<void> } {
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const answer: Answer = (_request, response) => {
    const send = () => {
      while (!response.destroyed && response.write(content));
    };
    response.on("drain", send);
    response.on("close", leave);
    response.writeHead(200);
    send();
  };
  return { answer, left };
}

describe("a body without an end", () => {
  it.each([
    ["the size that the descriptor says", 300_000, "digest-mismatch"],
    ["the limit of who asks", undefined, "too-large"],
  ])("is left behind %s, though its reader is slow", async (_, size, code) => {
    const { answer, left } = sendWithoutEnd();
    registry.on(`GET /v2/team/app/blobs/${digest}`, answer);
    const client = startRun();
    const descriptor = { digest, ...(size === undefined ? {} : { size }) };
    const stream = await client.openBlob(location(), descriptor, { maxBytes: 5_000_000, signal });
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    await left;
    await expect(reader.next()).rejects.toMatchObject({ name: "OciError", code });
    await client.close();
    expect(await readdir(join(directory, "v1", "tmp"))).toEqual([]);
  });
});

describe("a descriptor that says too little", () => {
  it("is no fault of the download that others read along, and these get all", async () => {
    let send = () => {};
    registry.on(`GET /v2/team/app/blobs/${digest}`, (_request, response) => {
      send = () => response.writeHead(200).end(content);
    });
    const store = createContentStore({ directory, maxBytes: 1e9, log: silentLog });
    const client = connect({ store });
    const ask = (size: number) => client.fetchBlob(location(), { digest, size }, { maxBytes: 1_000_000, signal });
    const asked = Promise.allSettled([ask(content.length - 1), ask(content.length)]);
    await expect.poll(() => store.statistics().shared + registry.seen.length).toBe(2);
    send();
    const [wrong, right] = await asked;
    expect(wrong).toMatchObject({ status: "rejected", reason: { code: "digest-mismatch" } });
    expect(right).toMatchObject({ status: "fulfilled" });
    expect(registry.seen).toHaveLength(1);
    await client.close();
  });
});
