import { describe, expect, it } from "vitest";
import { createPlainHttpRule } from "./hosts.ts";
import { parseRealm } from "./realm.ts";

const rule = (registry: string, namedHosts: string[] = []) => ({
  registryUrl: new URL(registry),
  isPlainHttpAllowed: createPlainHttpRule(["insecure.example:5000"]),
  namedHosts,
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

  it.each([
    ["sso.corp.example", "https://sso.corp.example/t", true],
    ["SSO.corp.example", "https://sso.corp.example:8443/t", true],
    ["sso.corp.example:8443", "https://sso.corp.example:8443/t", true],
    ["sso.corp.example:443", "https://sso.corp.example/t", true],
    ["10.0.0.9", "https://10.0.0.9/t", true],
    ["[fd00::9]:8443", "https://[fd00::9]:8443/t", true],
    ["sso.corp.example:8443", "https://sso.corp.example/t", false],
    ["corp.example", "https://sso.corp.example/t", false],
    ["sso.corp.example", "https://sso.corp.example.evil.example/t", false],
  ])("believes the user, who named %s: %s is trusted: %s", (named, realm, isTrusted) => {
    expect(parseRealm(realm, rule("https://r.other.example", [named]), "x").isTrusted).toBe(isTrusted);
  });

  it("asks without TLS nobody whom the user named for a registry with TLS", () => {
    const named = rule("https://ghcr.io", ["sso.corp.example"]);
    expect(() => parseRealm("http://sso.corp.example/t", named, "x")).toThrow(/would be asked without TLS/);
  });

  it("says how a private address may be named", () => {
    expect(() => parseRealm("https://10.0.0.9:8443/t", rule("https://ghcr.io"), "x")).toThrow(
      "--token-service=ghcr.io=10.0.0.9:8443",
    );
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
