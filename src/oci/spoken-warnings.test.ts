import { describe, expect, it } from "vitest";
import { silentLog } from "../types/index.ts";
import { noSignal, ociImage, plain } from "./fake-registry.fixture.ts";
import { parseReference } from "./reference.ts";
import { createWarningReader } from "./spoken-warnings.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const registry = useFakeRegistry();
const connect = useTestClients();

function read(...answers: readonly (readonly string[])[]): string[] {
  const told: string[] = [];
  const reader = createWarningReader((text) => told.push(text));
  for (const answer of answers) reader(answer);
  return told;
}

describe("warnings of registries", () => {
  it.each([
    ["nothing", [], []],
    ["one", ['299 - "Moves to example.com."'], ["Moves to example.com."]],
    ["several, in one header and in two", ['299 - "a", 299 - "b"', '299 - "c"'], ["a", "b", "c"]],
    ["quotes and commas", ['299 - "say \\"b\\", 299 - too"'], ['say "b", 299 - too']],
    ["control characters", ['299 - "a\u001b[31m\u0007 b\u2028c"'], ["a [31m b c"]],
    ["blanks alone", ['299 - " "'], []],
    ["another code", ['199 - "a"'], []],
    ["another agent", ['299 proxy "a"'], []],
    ["a date, which they must not have", ['299 - "a" "Sat, 21 Nov 2026 00:00:00 GMT"'], []],
    ["no quotes", ["299 - a"], []],
    ["more than 4096 characters", [`299 - "${"x".repeat(4096)}"`], []],
  ])("are read: %s", (_name, header, expected) => {
    expect(read(header)).toEqual(expected);
  });

  it("are told once, and twenty of a registry at most", () => {
    expect(read(['299 - "a"'], ['299 - "a", 299 - "b"'])).toEqual(["a", "b"]);
    expect(read(...Array.from({ length: 30 }, (_, number) => [`299 - "${number}"`]))).toHaveLength(20);
  });

  it("are no more than told", async () => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage);
    const headers = { "content-type": String(ociImage.mediaType), "docker-content-digest": digest };
    for (const tag of ["v1", "v2"]) {
      registry.on(
        `HEAD /v2/team/app/manifests/${tag}`,
        plain(200, bytes, { ...headers, warning: '299 - "Read only"' }),
      );
    }
    const lines: string[] = [];
    const client = connect({ log: { ...silentLog, info: (line) => lines.push(line) } });
    for (const tag of ["v1", "v2"]) {
      const found = await client.resolve(parseReference(`${registry.host}/team/app:${tag}`), { signal: noSignal });
      expect(found.digest).toBe(digest);
    }
    expect(lines).toEqual([`${registry.host} says: Read only`]);
  });
});
