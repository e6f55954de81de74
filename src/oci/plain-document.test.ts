import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { readPlainDocument } from "./plain-document.ts";
import { parseYaml } from "./structured-document.ts";

/** Where the quick reader reads a document, the whole reader reads the same. Gives whether it does. */
async function assertAgrees(text: string): Promise<boolean> {
  const quick = readPlainDocument(text);
  if (quick === undefined) return false;
  expect({ text, value: await parseYaml(text) }).toEqual({ text, value: quick });
  return true;
}

const manifest = `apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata:
  annotations:
    alm-examples: |-
      [
        {"kind": "App"}
      ]
    capabilities: Basic Install
    containerImage: quay.io/team/app@sha256:00
    createdAt: "2024-01-01T00:00:00Z"
  name: app.v1.2.3
spec:
  description: >
    Folded
    text
  installModes:
  - supported: true
    type: OwnNamespace
  - supported: false
    type: AllNamespaces
  replicas: 2
  empty: {}
  none: []
  version: 1.2.3
  memory: 64Mi
  cpu: 10m
`;

describe("readPlainDocument", () => {
  it("reads what manifests are written like", async () => {
    expect(await assertAgrees(manifest)).toBe(true);
  });

  it.each([
    ["floats", "a: 1.5"],
    ["octal numbers", "a: 010"],
    ["hexadecimal numbers", "a: 0x1f"],
    ["numbers with marks", "a: 1_000"],
    ["negative zero", "a: -0"],
    ["large numbers", "a: 12345678901234567890"],
    ["dates", "a: 2020-01-01"],
    ["numbers to the base 60", "a: 1:30"],
    ["infinity", "a: -.inf"],
    ["keys that are no texts", "yes: 1"],
    ["merge keys", "<<: {a: 1}"],
    ["anchors", "a: &x 1\nb: *x"],
    ["several documents", "a: 1\n---\nb: 2"],
  ])("leaves %s to the whole reader", (_name, text) => {
    expect(readPlainDocument(text)).toBeUndefined();
  });

  it("agrees with the whole reader about documents that a writer wrote", async () => {
    const scalar = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.string({ unit: fc.constantFrom(..."ab01-+:.'\"#_ \n"), maxLength: 8 }),
      fc.constantFrom(
        "yes",
        "y",
        "null",
        "~",
        "0x1f",
        "1e3",
        "2024-01-31",
        "1_0",
        "012",
        "1:30",
        "=",
        "<<",
        ".5",
        "+1",
      ),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    const key = fc.oneof(
      fc.string({ minLength: 1, maxLength: 6 }),
      fc.constantFrom("a", "b:c", "yes", "1", "__proto__"),
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        scalar,
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(key, tie("tree"), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    let read = 0;
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, tree, { minKeys: 1, maxKeys: 4, noNullPrototype: true }), async (value) => {
        for (const options of [{ lineWidth: 0 }, { lineWidth: 8 }, { lineWidth: 0, indentSeq: false }]) {
          read += (await assertAgrees(stringify(value, { version: "1.1", ...options }))) ? 1 : 0;
        }
      }),
      { numRuns: 300, seed: 5 },
    );
    expect(read).toBeGreaterThan(50);
  });

  it("agrees with the whole reader about lines of all kinds", async () => {
    const words =
      "a b a: b: - -- ... : ? ~ yes Y on 1 -1 +1 0 -0 01 .5 5. 1e3 1e 0b1 0o7 0x 1_0 _1 1:30 2020-01-01 1.2.3 1.2.3.4 01.2.3 1..2 1.2. 10m 1Gi 0b12 0o8 0xfg 1e+ 1e-3 1d .inf .NaN 'x' \"x\" '' [] {} #c & * ! | > % = << a:b 1a";
    const token = fc.constantFrom(...words.split(" "));
    const line = fc
      .tuple(fc.nat({ max: 3 }), fc.array(token, { minLength: 1, maxLength: 3 }))
      .map(([indent, tokens]) => `${"  ".repeat(indent)}${tokens.join(" ")}`);
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 5 }), async (lines) => {
        await assertAgrees(lines.join("\n"));
      }),
      { numRuns: 3000, seed: 9 },
    );
  });
});
