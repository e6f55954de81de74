import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { verifyBundleOver } from "./bundle.ts";
import { compileIdentity } from "./identity.ts";
import { parsePublicKey } from "./public-key.ts";
import { attempt } from "./refusal.ts";
import type { SignerPolicy } from "./signer.ts";
import { embeddedTrustedRoot, parseTrustedRoot } from "./trust-root.ts";

/** The cases of sigstore/sigstore-conformance, a folder each; a name ending in `_fail` must be refused. */
const folder = process.env.SEALCHECK_SIGSTORE_CONFORMANCE ?? "";

const publicGood = {
  identity:
    "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main",
  issuer: "https://token.actions.githubusercontent.com",
};

function readOptional(name: string, file: string): string | undefined {
  const path = join(folder, name, file);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function judge(name: string): { reason: string } | { value: unknown } {
  return attempt(() => {
    const root = readOptional(name, "trusted_root.json");
    const key = readOptional(name, "key.pub");
    const policy: SignerPolicy = {
      signer:
        key === undefined
          ? {
              kind: "identity",
              matches: compileIdentity(
                {
                  subject: (readOptional(name, "identity") ?? publicGood.identity).trim(),
                  issuer: (readOptional(name, "issuer") ?? publicGood.issuer).trim(),
                },
                { bothForms: true },
              ),
            }
          : { kind: "key", key: parsePublicKey(key) },
      ignoreRekor: false,
      trust: root === undefined ? embeddedTrustedRoot() : parseTrustedRoot(root),
      now: new Date(),
    };
    const own = join(folder, name, "artifact");
    const artifact = readFileSync(existsSync(own) ? own : join(folder, "a.txt"));
    verifyBundleOver(artifact, readFileSync(join(folder, name, "bundle.sigstore.json")), policy);
  });
}

if (folder === "") {
  describe("Sigstore's conformance cases", () => {
    it.skip("need SEALCHECK_SIGSTORE_CONFORMANCE to name their folder", () => {});
  });
} else {
  const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
  describe(`Sigstore's conformance cases in ${folder}`, () => {
    it("are there", () => expect(names.length).toBeGreaterThanOrEqual(58));
    it.each(names.filter((name) => !name.endsWith("_fail")))("accepts %s", (name) => {
      expect(judge(name)).toEqual({ value: undefined });
    });
    it.each(names.filter((name) => name.endsWith("_fail")))("refuses %s", (name) => {
      expect(judge(name)).toHaveProperty("reason");
    });
  });
}
