import { describe, expect, it } from "vitest";
import { createPlainHttpRule } from "./hosts.ts";
import { parseRealm } from "./realm.ts";

const rule = (registry: string, extraHosts: string[] = []) => ({
  registryUrl: new URL(registry),
  isPlainHttpAllowed: createPlainHttpRule(["insecure.example:5000"]),
  extraHosts,
});

describe("parseRealm", () => {
  const trusted: [string, string][] = [
    ["https://ghcr.io", "https://ghcr.io/token"],
    ["https://index.docker.io", "https://auth.docker.io/token"],
    ["https://registry.gitlab.com", "https://gitlab.com/jwt/auth"],
    ["https://registry.example.co.uk", "https://login.example.co.uk/token"],
    ["https://rg.fr-par.scw.cloud", "https://api.scaleway.com/token"],
    ["http://127.0.0.1:5000", "http://127.0.0.1:5001/token"],
    ["http://insecure.example:5000", "http://insecure.example:5000/token"],
    ["https://10.0.0.5", "https://10.0.0.5/token"],
  ];
  it.each(trusted)("%s may send its credentials to %s", (registry, realm) => {
    expect(parseRealm(realm, rule(registry), "x").isTrusted).toBe(true);
  });

  const untrusted: [string, string][] = [
    ["https://ghcr.io", "https://evil.example/token"],
    ["https://index.docker.io", "https://auth.docker.io.evil.example/token"],
    ["https://a.co.uk", "https://b.co.uk/token"],
    ["https://nvcr.io.evil.example", "https://authn.nvidia.com/token"],
    ["https://10.0.0.5", "https://10.0.0.6/token"],
    ["http://insecure.example:5000", "https://login.insecure.example/token"],
  ];
  it.each(untrusted)("%s may not send its credentials to %s", (registry, realm) => {
    expect(parseRealm(realm, rule(registry), "x").isTrusted).toBe(false);
  });

  it("believes the user", () => {
    expect(
      parseRealm("https://sso.corp.example/t", rule("https://r.other.example", ["sso.corp.example"]), "x").isTrusted,
    ).toBe(true);
  });

  const refused: [string, string | undefined, string][] = [
    ["https://ghcr.io", undefined, "invalid-response"],
    ["https://ghcr.io", "/token", "invalid-response"],
    ["https://ghcr.io", "ftp://ghcr.io/token", "invalid-response"],
    ["https://ghcr.io", "http://ghcr.io/token", "insecure-registry"],
    ["https://ghcr.io", "https://u:p@ghcr.io/token", "invalid-response"],
    ["https://ghcr.io", "https://169.254.169.254/latest", "invalid-response"],
    ["https://ghcr.io", "https://localhost/token", "invalid-response"],
    ["https://ghcr.io", "https://[::1]/token", "invalid-response"],
    ["http://insecure.example:5000", "http://other.example/token", "insecure-registry"],
  ];
  it.each(refused)("%s may not name %s: %s", (registry, realm, code) => {
    expect(() => parseRealm(realm, rule(registry), "x")).toThrow(expect.objectContaining({ name: "OciError", code }));
  });
});
