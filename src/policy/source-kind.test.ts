import { describe, expect, it } from "vitest";
import { PolicyError } from "./errors.ts";
import { parseGitSource, toPinnedGit, withoutUserInfo } from "./git-source.ts";
import { classifySource, isInsecure, looksLikeGit, looksLikeHttp } from "./source-kind.ts";

describe("classifySource", () => {
  it.each([
    ["git::github.com/org/repo//policy?ref=main", "git"],
    ["git::https://git.example.com/org/repo", "git"],
    ["github.com/org/repo//policy/lib", "git"],
    ["https://github.com/org/repo", "git"],
    ["gitlab.com/org/repo", "git"],
    ["bitbucket.org/org/repo", "git"],
    ["git@github.com:org/repo", "git"],
    ["git://git.example.com/repo", "git"],
    ["git.example.com/repo.git", "git"],
    ["oci::quay.io/org/policy:latest", "oci"],
    ["oci://quay.io/org/policy", "oci"],
    ["oci::https://quay.io/org/policy", "oci"],
    ["quay.io/org/policy:tag@sha256:abc", "oci"],
    ["eu.gcr.io/p/x", "oci"],
    ["europe-docker.pkg.dev/p/x", "oci"],
    ["team.azurecr.io/x", "oci"],
    ["registry.gitlab.com/x/y", "git"],
    ["123456789012.dkr.ecr.eu-west-1.amazonaws.com/x", "oci"],
    ["localhost:5000/x", "oci"],
    ["127.0.0.1:5000/x", "oci"],
    ["file::policy", "file"],
    ["file:///abs/policy", "file"],
    ["/abs/policy", "file"],
    ["./policy", "file"],
    ["../policy", "file"],
    ["https://example.com/policy.rego", "http"],
    ["https://example.com/x.git", "http"],
    ["HTTPS://example.com/policy.rego", "http"],
    ["docker.io/org/policy", undefined],
    ["policy", undefined],
  ])("%s is %s", (address, kind) => {
    expect(classifySource(address, false)).toBe(kind);
  });

  it("what exists is a file, unless a scheme says otherwise", () => {
    expect(classifySource("policy", true)).toBe("file");
    expect(classifySource("github.com/org/repo", true)).toBe("file");
    expect(classifySource("oci::x", true)).toBe("oci");
  });

  it.each([
    ["http://example.com/x", true],
    ["HTTP://example.com/x", true],
    ["git::http://example.com/x", true],
    ["::http://example.com/x", true],
    ["http::example.com/x", true],
    ["https://example.com/x", false],
    ["git::https://example.com/x", false],
    ["file::http", false],
  ])("%s is insecure: %s", (address, expected) => {
    expect(isInsecure(address)).toBe(expected);
  });

  it("tells git from http by the host", () => {
    expect(looksLikeGit("oci::github.com/x")).toBe(false);
    expect(looksLikeHttp("https://sub.github.com/x")).toBe(false);
    expect(looksLikeHttp("https://github.com.example.com/x")).toBe(true);
    expect(looksLikeHttp("mailto:x@example.com")).toBe(false);
  });
});

describe("parseGitSource", () => {
  const commit = "0123456789012345678901234567890123456789";
  it.each([
    [
      "git::github.com/o/r//a/b?ref=v1",
      "https://github.com/o/r.git",
      "a/b",
      "v1",
      `git::github.com/o/r//a/b?ref=${commit}`,
    ],
    [
      "git::https://github.com/o/r.git",
      "https://github.com/o/r.git",
      "",
      undefined,
      `git::github.com/o/r.git?ref=${commit}`,
    ],
    ["https://github.com/o/r", "https://github.com/o/r.git", "", undefined, `git::github.com/o/r?ref=${commit}`],
    ["git@github.com:o/r//p", "https://github.com/o/r.git", "p", undefined, `git::github.com/o/r//p?ref=${commit}`],
    ["git::git@github.com:o/r", "https://github.com/o/r.git", "", undefined, `git::github.com/o/r?ref=${commit}`],
    ["git://h.example/r?ref=main//p", "https://h.example/r.git", "p", "main", `git::h.example/r//p?ref=${commit}`],
    ["github.com/o/r?ref=x&depth=1", "https://github.com/o/r.git", "", "x", `git::github.com/o/r?ref=${commit}`],
    ["github.com/o/r?depth=1&ref=x", "https://github.com/o/r.git", "", "x", `git::github.com/o/r?ref=${commit}`],
    ["git::/srv/r//p?ref=x", "/srv/r", "p", "x", `git::/srv/r//p?ref=${commit}`],
    ["git::file:///srv/r", "/srv/r", "", undefined, `git::/srv/r?ref=${commit}`],
    [
      "git::https://u:secret@h.example/r",
      "https://u:secret@h.example/r.git",
      "",
      undefined,
      `git::h.example/r?ref=${commit}`,
    ],
  ])("%s", (address, url, subdir, ref, pinned) => {
    const source = parseGitSource(address);
    expect({ url: source.url, subdir: source.subdir, ref: source.ref }).toEqual({ url, subdir, ref });
    expect(toPinnedGit(source, commit)).toBe(pinned);
  });

  it.each([["git::ssh://git@h/r"], ["github.com/o/r//../../etc"]])("refuses %s", (address) => {
    expect(() => parseGitSource(address)).toThrow(PolicyError);
  });

  it("removes user information, and nothing else", () => {
    expect(withoutUserInfo("git::https://u:p@h/r")).toBe("git::https://h/r");
    expect(withoutUserInfo("https://u:p@h/r")).toBe("https://h/r");
    expect(withoutUserInfo("git@h:o/r")).toBe("git@h:o/r");
    expect(withoutUserInfo("oci::quay.io/x:y@sha256:00")).toBe("oci::quay.io/x:y@sha256:00");
    expect(withoutUserInfo("./dir@x/y")).toBe("./dir@x/y");
  });
});
