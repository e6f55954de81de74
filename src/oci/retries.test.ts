// What is tried again, and how long it takes.
import { describe, expect, it } from "vitest";
import type { toDigest } from "../types/index.ts";
import { createFakeClock, json, noSignal, ociImage, plain } from "./fake-registry.fixture.ts";
import { parseReference, toPinned } from "./reference.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const registry = useFakeRegistry();
const connect = useTestClients();
const reference = (rest: string) => parseReference(`${registry.host}/${rest}`);
const pinned = (digest: ReturnType<typeof toDigest>) =>
  toPinned({ registry: registry.host, repository: "team/app" }, digest);
const at = (digest: string) => `/v2/team/app/manifests/${digest}`;

describe("retries", () => {
  it.each([408, 429, 500, 502, 503, 504])("tries again after %s", async (status) => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage);
    registry.on(`GET ${at(digest)}`, plain(status, "<html>sorry</html>"), plain(status), plain(200, bytes));
    const clock = createFakeClock();
    const client = connect({ clock });
    expect((await client.fetchManifest(pinned(digest), { signal })).kind).toBe("image");
    expect(clock.slept).toEqual([100, 200]);
    expect(client.statistics()[registry.host]).toMatchObject({ requests: 3, retries: 2 });
  });

  it("tries again after a broken connection", async () => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage);
    const breakOff = (_request: unknown, response: { socket: { destroy(): void } | null }) =>
      response.socket?.destroy();
    registry.on(`GET ${at(digest)}`, breakOff, plain(200, bytes));
    expect((await connect().fetchManifest(pinned(digest), { signal })).kind).toBe("image");
  });

  it("tries once with maxRetries 0", async () => {
    const { digest } = registry.addManifest("team/app", ociImage);
    registry.on(`GET ${at(digest)}`, plain(503));
    const client = connect({ retry: { maxRetries: 0, baseMs: 1, maxWaitMs: 1, factor: 1, jitter: 0 } });
    await expect(client.fetchManifest(pinned(digest), { signal })).rejects.toMatchObject({
      code: "unavailable",
      retryable: true,
    });
    expect(registry.seen).toHaveLength(1);
  });

  it.each([
    ["seconds", "7"],
    ["a date", "Thu, 01 Jan 2026 00:00:07 GMT"],
  ])("obeys Retry-After in %s, for all requests to the registry", async (_name, retryAfter) => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage);
    registry.addManifest("team/app", ociImage, "v1");
    const headers = { "retry-after": retryAfter, date: "Thu, 01 Jan 2026 00:00:00 GMT" };
    registry.on(`GET ${at(digest)}`, plain(429, "slow down", headers), plain(200, bytes));
    const clock = createFakeClock();
    const client = connect({ clock });
    const startedAtMs = clock.nowMs();
    await client.fetchManifest(pinned(digest), { signal });
    await client.resolve(reference("team/app:v1"), { signal });
    expect(clock.nowMs() - startedAtMs).toBe(7000);
    expect(client.statistics()[registry.host]?.throttledMs).toBe(7000);
  });

  it("does not wait for hours, and says how long it would be", async () => {
    const { digest } = registry.addManifest("team/app", ociImage);
    registry.on(`GET ${at(digest)}`, plain(429, "", { "retry-after": "43200" }));
    const client = connect();
    await expect(client.fetchManifest(pinned(digest), { signal })).rejects.toMatchObject({ code: "rate-limited" });
    await expect(client.resolve(reference("team/app:v1"), { signal })).rejects.toThrow(/43200 s/);
    expect(registry.seen).toHaveLength(1);
  });

  it("gives up on a registry that does not answer", async () => {
    const { digest } = registry.addManifest("team/app", ociImage);
    registry.on(`GET ${at(digest)}`, () => {});
    const client = connect({
      requestTimeoutMs: 50,
      retry: { maxRetries: 1, baseMs: 1, maxWaitMs: 1, factor: 1, jitter: 0 },
    });
    await expect(client.fetchManifest(pinned(digest), { signal })).rejects.toMatchObject({ code: "timeout" });
    expect(client.statistics()[registry.host]).toMatchObject({ requests: 2, retries: 1 });
  });

  it("gives up on a small body that trickles", async () => {
    const { digest } = registry.addManifest("team/app", ociImage);
    registry.on(`GET ${at(digest)}`, (_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(" "), 10);
      response.on("close", () => clearInterval(timer));
    });
    const client = connect({
      requestTimeoutMs: 60,
      retry: { maxRetries: 0, baseMs: 1, maxWaitMs: 1, factor: 1, jitter: 0 },
    });
    await expect(client.fetchManifest(pinned(digest), { signal })).rejects.toMatchObject({ code: "timeout" });
  });

  it("says what the registry said, without queries and secrets", async () => {
    const { digest } = registry.addManifest("team/app", ociImage);
    const message = "see https://u:p@host/x?token=secret\nplease";
    registry.on(`GET ${at(digest)}`, json(403, { errors: [{ code: "DENIED", message }] }));
    await expect(connect().fetchManifest(pinned(digest), { signal })).rejects.toThrow(
      /403 \(forbidden\): DENIED: see https:\/\/host\/x please/,
    );
  });
});
