import { describe, expect, it } from "vitest";
import { parsePolicyConfiguration } from "./configuration.ts";
import { PolicyError } from "./errors.ts";
import { applyVerificationOptions } from "./verification-options.ts";

function failure(run: () => unknown): PolicyError {
  try {
    run();
  } catch (error) {
    if (error instanceof PolicyError) {
      return error;
    }
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("parsePolicyConfiguration", () => {
  const spec = { name: "p", sources: [{ policy: ["oci::x"], ruleData: { a: 1 } }] };
  it.each([
    ["empty text", "", {}],
    ["empty object", "{}", {}],
    ["bare JSON", JSON.stringify(spec), spec],
    ["bare YAML", "name: p\nsources:\n  - policy: [oci::x]\n    ruleData: {a: 1}\n", spec],
    [
      "a resource",
      JSON.stringify({ apiVersion: "appstudio.redhat.com/v1alpha1", kind: "X", metadata: {}, spec }),
      spec,
    ],
    ["difference 10: spec without apiVersion", JSON.stringify({ spec }), spec],
  ])("%s", (_name, text, expected) => {
    expect(parsePolicyConfiguration(text)).toEqual(expected);
  });

  it("reports every problem at once, with its path", () => {
    const text = `
sources:
  - polcy: [a]
    config: {include: all}
    volatileConfig: {exclude: [{effectiveOn: 3}]}
publickey: x
rekorUrl: 1
`;
    const error = failure(() => parsePolicyConfiguration(text));
    expect(error.code).toBe("config-invalid");
    expect(error.outcome).toBe("usage");
    for (const part of [
      "sources[0].polcy: is not known here",
      "sources[0].config.include: expected a list, found a text",
      "sources[0].volatileConfig.exclude[0].value: is required",
      "sources[0].volatileConfig.exclude[0].effectiveOn: expected a text, found a number",
      "publickey: is not known here (did you mean publicKey?)",
      "rekorUrl: expected a text, found a number",
    ]) {
      expect(error.message).toContain(part);
    }
  });

  it.each([
    ["a list", "[1]", "the policy: expected an object"],
    ["a word", "namespace/name", "found only the text"],
    ["a spec of the wrong kind", "spec: 1", "spec: expected an object"],
    ["broken YAML", "a: [1", "line 1"],
    ["two documents", "name: a\n---\nname: b", "expected one document"],
    ["a null list", "sources: null", "sources: expected a list, found null"],
    ["an inherited name", '{"constructor": 1}', "constructor: is not known here"],
  ])("refuses %s", (_name, text, part) => {
    const error = failure(() => parsePolicyConfiguration(text));
    expect(error.code).toBe("config-invalid");
    expect(error.message).toContain(part);
  });
});

describe("applyVerificationOptions", () => {
  const identity = { issuer: "https://i", subject: "s" };
  it("an option's key wins over options' and policy's identity", () => {
    const choice = applyVerificationOptions(
      { publicKey: "policy", identity },
      { publicKey: "option", certificateIdentity: "x" },
    );
    expect(choice).toEqual({ spec: { publicKey: "option", identity }, key: "option" });
  });

  it("an option's identity clears the policy's key, and is not shown in the specification", () => {
    const choice = applyVerificationOptions(
      { publicKey: "policy" },
      { certificateIdentity: "x", certificateOidcIssuerRegExp: "y" },
    );
    expect(choice).toEqual({ spec: {}, identity: { subject: "x", issuerRegExp: "y" } });
  });

  it("the policy's key wins over the policy's identity", () => {
    expect(applyVerificationOptions({ publicKey: "k", identity }, {}).key).toBe("k");
  });

  it("identities are not merged field by field", () => {
    const error = failure(() => applyVerificationOptions({ identity }, { certificateIdentity: "x" }));
    expect(error.code).toBe("identity-missing");
    expect(error.message).toBe(
      "certificate OIDC issuer must be provided for keyless workflow: give --certificate-oidc-issuer, or a key with --public-key",
    );
  });

  it("names issuer and subject when both are missing", () => {
    expect(failure(() => applyVerificationOptions({}, {})).message.split("\n")).toHaveLength(2);
  });

  it("replaces the log's address only where one is given", () => {
    expect(applyVerificationOptions({ publicKey: "k", rekorUrl: "a" }, { rekorUrl: "" }).spec.rekorUrl).toBe("a");
    expect(applyVerificationOptions({ publicKey: "k", rekorUrl: "a" }, { rekorUrl: "b" }).spec.rekorUrl).toBe("b");
  });
});
