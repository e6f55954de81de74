import { describe, expect, it, vi } from "vitest";
import type { Digest } from "../types/index.ts";
import { createRegistryClient } from "./client.ts";
import {
  createFakeClock,
  createHeldClock,
  json,
  noSignal,
  ociImage,
  plain,
  testOptions,
} from "./fake-registry.fixture.ts";
import { toPinned } from "./reference.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const registry = useFakeRegistry();
const elsewhere = useFakeRegistry();
const connect = useTestClients();

const location = () => ({ registry: registry.host, repository: "team/app" });
const pinned = (digest: Digest) => toPinned(location(), digest);
const manifestPath = (name: string) => `/v2/team/app/manifests/${name}`;

describe("Retry-After", () => {
  const date = "Thu, 01 Jan 2026 00:00:00 GMT";

  it("as a date is one by the registry's clock", async () => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage);
    const headers = { "retry-after": "Thu, 01 Jan 2026 05:00:07 GMT", date: "Thu, 01 Jan 2026 05:00:00 GMT" };
    registry.on(`GET ${manifestPath(digest)}`, plain(503, "", headers), plain(200, bytes));
    const client = connect();
    await client.fetchManifest(pinned(digest), { signal });
    expect(client.statistics()[registry.host]?.throttledMs).toBe(7000);
  });

  it("is waited for as long as it says also where the machine's clock is set back meanwhile", async () => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage);
    vi.useFakeTimers({ toFake: ["Date"] });
    registry.on(
      `GET ${manifestPath(digest)}`,
      (request, response) => {
        plain(429, "", { "retry-after": "1" })(request, response);
        response.on("finish", () => setTimeout(() => vi.setSystemTime(Date.now() - 3_600_000), 100));
      },
      plain(200, bytes),
    );
    const client = createRegistryClient(testOptions);
    const asked = client.fetchManifest(pinned(digest), { signal }).finally(() => vi.useRealTimers());
    expect((await asked).descriptor.digest).toBe(digest);
    await client.close();
  });

  it.each([
    ["that wait for the first answer", 8, []],
    ["that wait for a connection", 1, []],
    ["that wait for one, after the first answer", 2, [{}]],
  ])(
    "is kept by all requests to the registry at once, %s, and by those to no other",
    async (_name, connections, early) => {
      const clock = createHeldClock();
      const client = connect({ clock, maxConnectionsPerRegistry: connections });
      const add = (name: string) => registry.addManifest("team/app", { ...ociImage, annotations: { name } });
      for (const _ of early) await client.fetchManifest(pinned(add("early").digest), { signal });
      registry.seen.length = 0;
      const [first, ...others] = Array.from({ length: 12 }, (_, number) => add(String(number)));
      if (first === undefined) throw new Error("there are twelve");
      registry.on(`GET ${manifestPath(first.digest)}`, plain(429, "", { "retry-after": "7" }), plain(200, first.bytes));
      // Whoever gets a connection with the first one is not answered before it.
      const held: (() => void)[] = [];
      for (const { digest, bytes } of others) {
        registry.on(`GET ${manifestPath(digest)}`, (request, response) =>
          held.push(() => plain(200, bytes)(request, response)),
        );
      }
      const all = Promise.all([first, ...others].map(({ digest }) => client.fetchManifest(pinned(digest), { signal })));
      const atOnce = early.length === 0 ? 1 : connections;
      await vi.waitFor(() => expect(clock.sleepers).toBe(12 - (atOnce - 1)), 10_000);
      expect(registry.seen).toHaveLength(atOnce);
      const { digest: unrelated } = elsewhere.addManifest("team/app", ociImage);
      await client.fetchManifest(toPinned({ registry: elsewhere.host, repository: "team/app" }, unrelated), { signal });
      clock.advance(6999);
      for (const end of held.splice(0)) end();
      expect(registry.seen).toHaveLength(atOnce);
      clock.advance(1);
      const timer = setInterval(() => held.splice(0).map((end) => end()), 1);
      expect(await all).toHaveLength(12);
      clearInterval(timer);
      const { [registry.host]: told, [elsewhere.host]: untold } = client.statistics();
      expect([told?.throttledMs, told?.retries, untold?.throttledMs]).toEqual([7000, 1, 0]);
    },
  );

  it.each([
    ["120", 120_000],
    ["Thu, 01 Jan 2026 00:02:00 GMT", 120_000],
  ])("is waited for up to two minutes: %s", async (value, ms) => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage);
    registry.on(`GET ${manifestPath(digest)}`, plain(503, "", { "retry-after": value, date }), plain(200, bytes));
    const clock = createFakeClock();
    const startedAtMs = clock.nowMs();
    await connect({ clock }).fetchManifest(pinned(digest), { signal });
    expect(clock.nowMs() - startedAtMs).toBeGreaterThanOrEqual(ms);
  });

  it.each(["121", "Thu, 01 Jan 2026 00:02:01 GMT", "9999999999"])("is not waited for longer: %s", async (value) => {
    const { digest } = registry.addManifest("team/app", ociImage);
    registry.on(`GET ${manifestPath(digest)}`, plain(429, "", { "retry-after": value, date }));
    const clock = createFakeClock();
    const client = connect({ clock });
    await expect(client.fetchManifest(pinned(digest), { signal })).rejects.toMatchObject({ code: "rate-limited" });
    expect([registry.seen.length, clock.slept]).toEqual([1, []]);
    expect(client.statistics()[registry.host]?.throttledMs).toBe(0);
  });

  it("of the token service counts for the registry, and its 429 without one is tried again", async () => {
    const { bytes, digest } = registry.addManifest("team/app", ociImage);
    const challenge = { "www-authenticate": `Bearer realm="http://${registry.host}/token"` };
    registry.on(`GET ${manifestPath(digest)}`, (request, response) =>
      (request.headers.authorization === "Bearer t" ? plain(200, bytes) : plain(401, "", challenge))(request, response),
    );
    registry.on(
      "GET /token",
      plain(429, "<html>"),
      plain(429, "<html>", { "retry-after": "9" }),
      json(200, { token: "t" }),
    );
    const clock = createFakeClock();
    const client = connect({ clock });
    await client.fetchManifest(pinned(digest), { signal });
    expect(clock.slept).toEqual([100, 9000]);
    expect(client.statistics()[registry.host]).toMatchObject({ retries: 2, throttledMs: 9100 });
  });
});
