// What the statistics say, beside what the registry itself has seen and sent.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { silentLog, toDigest } from "../types/index.ts";
import { type Answer, json, noSignal, ociImage, plain } from "./fake-registry.fixture.ts";
import { parseReference, toPinned } from "./reference.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const registry = useFakeRegistry();
const elsewhere = useFakeRegistry();
const connect = useTestClients();
const content = randomBytes(300_000);
const digest = toDigest(content);
const location = () => ({ registry: registry.host, repository: "team/app" });
const limits = { maxBytes: 1_000_000, signal };

describe("statistics", () => {
  it("count all requests for a registry, those for tokens and where it sends on too, their bytes, tries, waits and what was not asked", async () => {
    const manifestBytes = Buffer.from(JSON.stringify(ociImage));
    const manifest = toDigest(manifestBytes);
    const token = JSON.stringify({ token: "t", expires_in: 300 });
    const challenge = plain(401, "{}", { "www-authenticate": `Bearer realm="http://${registry.host}/token"` });
    const guarded =
      (...answers: Answer[]): Answer =>
      (request, response) => {
        const isAllowed = request.headers.authorization === "Bearer t";
        ((isAllowed ? (answers.length > 1 ? answers.shift() : answers[0]) : challenge) ?? challenge)(request, response);
      };
    registry.on("GET /token", plain(200, token));
    const headers = { "content-type": String(ociImage.mediaType), "docker-content-digest": manifest };
    registry.on("HEAD /v2/team/app/manifests/v1", guarded(plain(200, manifestBytes, headers)));
    const slowDown = plain(429, "", { "retry-after": "7" });
    registry.on(`GET /v2/team/app/manifests/${manifest}`, guarded(slowDown, plain(200, manifestBytes, headers)));
    registry.on(
      `GET /v2/team/app/blobs/${digest}`,
      guarded(plain(307, "", { location: `http://${elsewhere.host}/b` })),
    );
    elsewhere.on(
      "GET /b",
      (_request, response) => {
        response.writeHead(200, { "content-length": content.length });
        response.write(content.subarray(0, 100_000), () => response.socket?.destroy());
      },
      plain(206, content.subarray(100_000), { "content-range": "bytes 100000-299999/300000" }),
    );
    const emptyList = JSON.stringify({ schemaVersion: 2, manifests: [] });
    registry.on(`GET /v2/team/app/referrers/${manifest}`, guarded(json(200, JSON.parse(emptyList))));
    const lines: string[] = [];
    const client = connect({ log: { ...silentLog, debug: (line) => lines.push(line) } });
    const tag = parseReference(`${registry.host}/team/app:v1`);
    await client.resolve(tag, { signal });
    await client.resolve(tag, { signal });
    for (const _ of [1, 2]) await client.fetchManifest(toPinned(location(), manifest), { signal });
    expect((await client.fetchBlob(location(), { digest, size: content.length }, limits)).length).toBe(content.length);
    for (const _ of [1, 2]) await client.fetchReferrers(toPinned(location(), manifest), { signal });
    const seen = [...registry.seen, ...elsewhere.seen];
    expect(client.statistics()).toEqual({
      [registry.host]: {
        requests: seen.length,
        bytesReceived: token.length + manifestBytes.length + content.length + emptyList.length,
        retries: 2,
        cacheHits: 1,
        throttledMs: 7000,
      },
    });
    // Each request has its line, without queries.
    const sent = lines.filter((line) => /^(?:GET|HEAD) .*: \d{3} after \d+ ms$/.test(line));
    expect(sent.map((line) => line.split(":")[0]?.split(" ")[0]).sort()).toEqual(
      seen.map(({ method }) => method).sort(),
    );
    expect(lines.join("\n")).not.toContain("?");
  });
});
