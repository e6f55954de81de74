import { describe, expect, it } from "vitest";
import { compileIdentity, type IdentityPolicy } from "./identity.ts";

const subject = "https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main";
const issuer = "https://token.actions.githubusercontent.com";
const holder = { subjects: ["dev@acme.example", subject], issuer };

describe("compileIdentity", () => {
  it.each<[string, IdentityPolicy, boolean]>([
    ["exact texts", { subject, issuer }, true],
    ["any of several names", { subject: "dev@acme.example", issuer }, true],
    ["a prefix", { subject: subject.slice(0, -1), issuer }, false],
    ["a suffix", { subject: subject.slice(1), issuer }, false],
    ["other case", { subject: subject.toUpperCase(), issuer }, false],
    ["an exact text that would match as a pattern", { subject: ".*", issuer }, false],
    ["another issuer", { subject, issuer: `${issuer}/x` }, false],
    ["an unanchored pattern", { subjectRegExp: "acme/app", issuerRegExp: "githubusercontent" }, true],
    ["an anchored pattern", { subjectRegExp: "^https://github\\.com/acme/", issuer }, true],
    [
      "a pattern anchored at both ends that is too short",
      { subjectRegExp: "^https://github\\.com/acme/$", issuer },
      false,
    ],
    ["a pattern of another organisation", { subjectRegExp: "^https://github\\.com/evil/", issuer }, false],
    ["a pattern in Go's syntax", { subjectRegExp: "(?i)ACME/(?P<repository>[a-z]+)/", issuer }, true],
    ["empty texts beside patterns", { subject: "", subjectRegExp: "acme", issuer: "", issuerRegExp: "token" }, true],
  ])("%s", (_name, policy, matches) => {
    for (const bothForms of [false, true]) {
      expect(compileIdentity(policy, { bothForms })(holder) === undefined).toBe(matches);
    }
  });

  it("goes by the pattern alone, or by both forms, where both are given", () => {
    const policy = { subject: "somebody else", subjectRegExp: "acme", issuer };
    expect(compileIdentity(policy, { bothForms: false })(holder)).toBeUndefined();
    expect(compileIdentity(policy, { bothForms: true })(holder)).toMatch(/expected "somebody else" and \/acme\//);
  });

  it("never matches a certificate without names", () => {
    expect(
      compileIdentity({ subjectRegExp: ".*", issuerRegExp: ".*" }, { bothForms: false })({ subjects: [], issuer }),
    ).toMatch(/subject is missing/);
    expect(
      compileIdentity(
        { subjectRegExp: ".*", issuerRegExp: ".*" },
        { bothForms: false },
      )({ subjects: ["a"], issuer: "" }),
    ).toMatch(/issuer is/);
  });

  it("takes linear time for hostile patterns", () => {
    const matches = compileIdentity({ subjectRegExp: "^(a+)+$", issuer }, { bothForms: false });
    expect(matches({ subjects: [`${"a".repeat(5000)}!`], issuer })).toMatch(/certificate subject/);
  });
});
