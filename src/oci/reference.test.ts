import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toDigest } from "../types/index.ts";
import { OciError } from "./errors.ts";
import { formatPinned, formatReference, parseReference, repositoryName, toPinned, toTagged } from "./reference.ts";

const digest = toDigest(Buffer.from("x"));

describe("parseReference", () => {
  const valid: [string, string][] = [
    ["ubuntu", "index.docker.io/library/ubuntu:latest"],
    ["ubuntu:24.04", "index.docker.io/library/ubuntu:24.04"],
    ["team/app", "index.docker.io/team/app:latest"],
    ["docker.io/ubuntu", "index.docker.io/library/ubuntu:latest"],
    ["index.docker.io/ubuntu", "index.docker.io/library/ubuntu:latest"],
    ["quay.io/team/app", "quay.io/team/app:latest"],
    ["localhost/app", "localhost/app:latest"],
    ["localhost:5000/app", "localhost:5000/app:latest"],
    ["localhost:5000/app:v1", "localhost:5000/app:v1"],
    ["[::1]:5000/app", "[::1]:5000/app:latest"],
    ["10.0.0.1/app", "10.0.0.1/app:latest"],
    [`quay.io/a/b@${digest}`, `quay.io/a/b@${digest}`],
    [`quay.io/a/b:v1@${digest}`, `quay.io/a/b:v1@${digest}`],
    [`localhost:5000/a:v1@${digest}`.replace("/a:", "/aa:"), `localhost:5000/aa:v1@${digest}`],
    [`quay.io/a/b:${digest}`, `quay.io/a/b@${digest}`],
    [`localhost:5000/aa:${digest}`, `localhost:5000/aa@${digest}`],
    ["quay.io/a__b/c---d/e.f_g", "quay.io/a__b/c---d/e.f_g:latest"],
    [`quay.io/a/b:sha256-${"0".repeat(64)}.sig`, `quay.io/a/b:sha256-${"0".repeat(64)}.sig`],
    [`quay.io/a/b:${"t".repeat(128)}`, `quay.io/a/b:${"t".repeat(128)}`],
  ];
  it.each(valid)("%s is %s", (text, expected) => {
    expect(formatReference(parseReference(text))).toBe(expected);
  });

  const invalid: [string, string][] = [
    ["nothing", ""],
    ["a blank before", " quay.io/a/b"],
    ["a blank behind", "quay.io/a/b "],
    ["a line break", "quay.io/a/b\n"],
    ["a scheme", "https://quay.io/a/b"],
    ["Docker's scheme", "docker://quay.io/a/b"],
    ["a one-letter repository", "quay.io/a"],
    ["a one-letter repository of Docker Hub", "a"],
    ["upper case", "quay.io/Team/app"],
    ["upper case in front", "Team/app"],
    ["no repository", "quay.io/"],
    ["no registry", "/team/app"],
    ["an empty component", "quay.io/a//b"],
    ["dots that go up", "quay.io/../b"],
    ["three underscores", "quay.io/a___b"],
    ["an empty tag", "quay.io/a/b:"],
    ["a tag that starts with a dot", "quay.io/a/b:.x"],
    ["a long tag", `quay.io/a/b:${"t".repeat(129)}`],
    ["two tags", "quay.io/a/b:c:d"],
    ["an empty digest", "quay.io/a/b@"],
    ["a short digest", "quay.io/a/b@sha256:00"],
    ["an upper-case digest", `quay.io/a/b@${digest.toUpperCase()}`],
    ["another algorithm", `quay.io/a/b@sha512:${"0".repeat(128)}`],
    ["two digests", `quay.io/a/b@${digest}@${digest}`],
    ["a digest as a tag and a digest", `quay.io/a/b:${digest}@${digest}`],
    ["a query", "quay.io/a/b?x=y"],
    ["a user", "user@quay.io/a/b"],
    ["a port that is none", "quay.io:x/a/b"],
    ["a host that is none", "-quay.io/a/b"],
    ["a long repository", `quay.io/${"a".repeat(256)}`],
    ["far too much", `quay.io/${"a/".repeat(100_000)}b`],
  ];
  it.each(invalid)("refuses %s", (_name, text) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ name: "OciError", code: "invalid-reference" }),
    );
  });

  it("says what is expected, without passwords", () => {
    expect(() => parseReference("https://user:secret@quay.io/a/b")).toThrow(
      /expected an image reference \[registry\/\]repository/,
    );
    expect(() => parseReference("https://user:secret@quay.io/a/b")).not.toThrow(/secret/);
  });

  const component = fc.stringMatching(/^[a-z0-9]{2,8}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,5}){0,2}$/);
  const host = fc.stringMatching(/^(?:[a-z0-9]{1,8}(?:\.[a-z0-9]{1,8}){1,2}(?::[0-9]{1,5})?|localhost:[0-9]{1,5})$/);
  const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/);

  it("reads back what it writes", () => {
    fc.assert(
      fc.property(
        host,
        fc.array(component, { minLength: 1, maxLength: 4 }),
        fc.option(tag, { nil: undefined }),
        fc.option(fc.uint8Array().map(toDigest), { nil: undefined }),
        (registry, path, tagName, hash) => {
          const text = `${registry}/${path.join("/")}${tagName === undefined ? "" : `:${tagName}`}${hash === undefined ? "" : `@${hash}`}`;
          const ref = parseReference(text);
          expect(formatReference(ref)).toBe(tagName === undefined && hash === undefined ? `${text}:latest` : text);
          expect(parseReference(formatReference(ref))).toEqual(ref);
        },
      ),
    );
  });

  // The grammar in the head of distribution's reference package, as one expression.
  const alphanumeric = "[a-z0-9]+";
  const separator = "(?:[._]|__|-+)";
  const pathComponent = `${alphanumeric}(?:${separator}${alphanumeric})*`;
  const domainComponent = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
  const domainName = `(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
  const grammar = new RegExp(
    `^(?:${domainName}/)?${pathComponent}(?:/${pathComponent})*(?::\\w[\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
  );

  it("writes only what the reference grammar allows, for any text that it takes", () => {
    const pieces = fc.constantFrom(
      "a",
      "b9",
      "A",
      "-",
      "_",
      "__",
      ".",
      ":",
      "/",
      "@",
      "[",
      "]",
      "localhost",
      "docker.io",
      "1",
      "sha256:",
      "f".repeat(64),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        const text = parts.join("");
        try {
          return grammar.test(formatReference(parseReference(text)));
        } catch (error) {
          return error instanceof OciError && error.code === "invalid-reference";
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("takes whatever the reference grammar allows, but for one-letter repositories and other digests", () => {
    const allowed = fc.stringMatching(
      /^(?:[a-z0-9]{1,6}(?:\.[a-z0-9]{1,4}){1,2}(?::[0-9]{1,4})?\/)?[a-z0-9]{2,6}(?:(?:_|__|-{1,2})[a-z0-9]{1,3}){0,2}(?:\/[a-z0-9]{2,4})?(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,9})?(?:@sha256:[0-9a-f]{64})?$/,
    );
    fc.assert(
      fc.property(allowed, (text) => {
        expect(grammar.test(text)).toBe(true);
        expect(grammar.test(formatReference(parseReference(text)))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("gives a reference or an OciError for any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."aA0.:/@-_[]é ") })), (text) => {
        try {
          expect(parseReference(formatReference(parseReference(text)))).toEqual(parseReference(text));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(OciError);
        }
      }),
    );
  });
});

describe("derived references", () => {
  const ref = parseReference(`quay.io/a/b:v1@${digest}`);
  it("are pinned without a tag", () => {
    expect(formatPinned(toPinned(ref, digest))).toBe(`quay.io/a/b@${digest}`);
    expect(repositoryName(ref)).toBe("quay.io/a/b");
  });
  it("are tagged without a digest", () => {
    expect(formatReference(toTagged(ref, "x"))).toBe("quay.io/a/b:x");
    expect(() => toTagged(ref, "../x")).toThrow(OciError);
  });
});
