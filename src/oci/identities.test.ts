// Two accounts over one folder and one registry: what one may have, the other has to be let in to by the registry.
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ContentStore, createContentStore } from "../cache/index.ts";
import { silentLog, toDigest } from "../types/index.ts";
import { type Answer, json, noSignal, ociImage, plain } from "./fake-registry.fixture.ts";
import { type Intrusion, intrude } from "./intruder.fixture.ts";
import { parseReference, toPinned } from "./reference.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const content = randomBytes(3_000_000);
const blob = toDigest(content);
const manifestBytes = Buffer.from(JSON.stringify(ociImage));
const manifest = toDigest(manifestBytes);
const script = fileURLToPath(new URL("./intruder.fixture.ts", import.meta.url));
let directory: string;
let finish = () => {};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "identities-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));
const registry = useFakeRegistry();
const connect = useTestClients();
const openStore = () => createContentStore({ directory, maxBytes: 1e9, log: silentLog });
const location = () => ({ registry: registry.host, repository: "team/app" });

/** Lets in the owner; asks those who show nothing for credentials; refuses others. */
function protect(route: string, allowed: Answer, refused: Answer): void {
  const header = `Basic ${Buffer.from("u:owner").toString("base64")}`;
  registry.on(route, (request, response) => {
    const { authorization } = request.headers;
    const answer =
      authorization === header
        ? allowed
        : authorization === undefined
          ? plain(401, "", { "www-authenticate": "Basic" })
          : refused;
    answer(request, response);
  });
}

function arrange(refused: Answer): void {
  const headers = { "content-type": String(ociImage.mediaType), "docker-content-digest": manifest };
  const image = plain(200, manifestBytes, headers);
  const slowly: Answer = (_request, response) => {
    response.writeHead(200, { "content-length": content.length });
    response.write(content.subarray(0, 2_500_000));
    finish = () => void response.end(content.subarray(2_500_000));
  };
  const routes: [string, Answer][] = [
    [`GET /v2/team/app/blobs/${blob}`, slowly],
    [`HEAD /v2/team/app/blobs/${blob}`, plain(200)],
    [`GET /v2/team/app/manifests/${manifest}`, image],
    ["HEAD /v2/team/app/manifests/v1", image],
    ["GET /v2/team/app/manifests/v1", image],
    [`GET /v2/team/app/referrers/${manifest}`, json(200, { schemaVersion: 2, manifests: [] })],
  ];
  for (const [route, answer] of routes) protect(route, answer, refused);
}

const places: [string, (store: ContentStore, intrusion: Intrusion) => Promise<Record<string, string>>][] = [
  ["in the same process and store", intrude],
  [
    "in the same process",
    async (_store, intrusion) => {
      const store = openStore();
      return intrude(store, intrusion).finally(() => store.close());
    },
  ],
  [
    "in another process",
    async (_store, intrusion) => {
      const child = fork(script, [directory, JSON.stringify(intrusion)], { stdio: "ignore" });
      const [[outcomes]] = await Promise.all([once(child, "message"), once(child, "exit")]);
      return outcomes;
    },
  ],
];
const refusals: [string, Answer, Record<string, string>][] = [
  ["403", plain(403), { findTag: "forbidden", referrers: "forbidden", other: "forbidden" }],
  [
    "401",
    plain(401, "", { "www-authenticate": "Basic" }),
    { findTag: "unauthorized", referrers: "unauthorized", other: "unauthorized" },
  ],
  // A registry that hides what one may not see.
  ["404", json(404, {}), { findTag: "given undefined", referrers: "given ", other: "not-found" }],
];

describe.each(places)("another account %s", (_place, ask) => {
  it.each(refusals)(
    "gets nothing where the registry says %s",
    { timeout: 30_000 },
    async (_status, refused, expected) => {
      arrange(refused);
      const store = openStore();
      const credentials = { find: async () => ({ kind: "basic", username: "u", password: "owner" }) as const };
      const owner = connect({ store, credentials });
      await owner.resolve(parseReference(`${registry.host}/team/app:v1`), { signal });
      await owner.fetchManifest(toPinned(location(), manifest), { signal });
      await owner.fetchReferrers(toPinned(location(), manifest), { signal });
      const download = (await owner.openBlob(location(), { digest: blob }, { maxBytes: 1e9, signal }))[
        Symbol.asyncIterator
      ]();
      let length = (await download.next()).value?.length ?? 0;
      const { other = "", ...exceptions } = expected;
      const names = ["openBlob", "fetchBlob", "fetchManifest", "resolve", "findTag", "referrers"];
      const toAll = (code: string, others = {}) => ({
        ...Object.fromEntries(names.map((name) => [name, code])),
        ...others,
      });
      const intrusion: Intrusion = {
        host: registry.host,
        blob,
        manifest,
        password: "other",
        pull: "if-missing",
        offline: false,
      };
      // While it is on its way, and when it is there.
      expect(await ask(store, intrusion)).toEqual(toAll(other, exceptions));
      finish();
      for (let next = await download.next(); !next.done; next = await download.next()) length += next.value.length;
      expect(length).toBe(content.length);
      expect(await ask(store, intrusion)).toEqual(toAll(other, exceptions));
      // What the refused one was told is not what the owner is told, nor may it be had where nobody can be asked.
      expect(await ask(store, { ...intrusion, password: "third", offline: true })).toEqual(toAll("offline"));
      expect(await ask(store, { ...intrusion, password: "owner", offline: true })).toMatchObject({
        openBlob: `given ${content.length} bytes`,
        resolve: "given [object Object]",
        findTag: "given [object Object]",
      });
    },
  );
});
