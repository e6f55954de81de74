import { beforeAll, describe, expect, it } from "vitest";
import { SigstoreError } from "./errors.ts";
import { parsePublicKey } from "./public-key.ts";
import { type Authority, issuer, makeAuthority, makeKeyPair, workflow } from "./testing/authority.ts";
import { digest, makeBundle, makeLegacySignature, type Signing, toEvidence } from "./testing/evidence.ts";
import { createTrustProvider } from "./trust-provider.ts";
import { embeddedTrustedRoot, emptyTrust, mergeOverrides, parseTrustedRoot } from "./trust-root.ts";
import { verifyEvidence } from "./verification.ts";

let authority: Authority;

beforeAll(async () => {
  authority = await makeAuthority();
});

const signal = new AbortController().signal;
const logKeyOf = ({ logKey }: Authority) => logKey.publicKey.export({ type: "spki", format: "pem" }).toString();

const overridesOf = (by: Authority) => ({
  fulcioCertificates: by.fulcioPem,
  rekorKeys: logKeyOf(by),
  ctLogKeys: by.ctLogPem,
  tsaCertificates: by.tsaPem,
});

async function keyless(changes: Partial<Signing> = {}): Promise<Signing> {
  const keys = makeKeyPair();
  return { ...keys, certificate: await authority.issue(keys.publicKey), authority, ...changes };
}

const policyOf = (trust: typeof emptyTrust) => ({
  digest,
  identity: { subject: workflow, issuer },
  ignoreRekor: false,
  trust,
  now: authority.clock,
  attestationAsSignature: false,
});

describe("parseTrustedRoot", () => {
  it("reads what it knows", () => {
    const trust = parseTrustedRoot(authority.trustedRoot);
    expect(
      [trust.certificateAuthorities, trust.timestampAuthorities, trust.tlogs, trust.ctlogs].map((list) => list.length),
    ).toEqual([1, 1, 1, 1]);
    expect(trust.id).toMatch(/^[0-9a-f]{64}$/);
    expect(parseTrustedRoot(Buffer.from(authority.trustedRoot)).id).toBe(trust.id);
  });

  it.each<[string, () => string]>([
    ["garbage", () => "{"],
    ["a list", () => "[]"],
    ["no media type", () => authority.trustedRoot.replace(/"mediaType":"[^"]*",/, "")],
    ["a bundle", () => JSON.stringify({ mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json" })],
    ["nobody", () => JSON.stringify({ mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1" })],
    ["more bytes than are read", () => " ".repeat(4 * 1024 * 1024 + 1)],
  ])("refuses %s", (_name, make) => {
    expect(() => parseTrustedRoot(make())).toThrow(expect.objectContaining({ code: "trust_root_invalid" }));
  });

  it("leaves out what it cannot use, and trusts it not", () => {
    const root = JSON.parse(authority.trustedRoot);
    root.tlogs.push({ ...root.tlogs[0], publicKey: { ...root.tlogs[0].publicKey, rawBytes: "AAAA" } });
    root.tlogs.push({ ...root.tlogs[0], publicKey: { ...root.tlogs[0].publicKey, validFor: {} } });
    root.certificateAuthorities.push({
      ...root.certificateAuthorities[0],
      certChain: { certificates: [{ rawBytes: "AAAA" }] },
    });
    const trust = parseTrustedRoot(JSON.stringify(root));
    expect(trust.tlogs).toHaveLength(1);
    expect(trust.certificateAuthorities).toHaveLength(1);
  });
});

describe("embeddedTrustedRoot", () => {
  it("is the public-good instance's", () => {
    const trust = embeddedTrustedRoot();
    expect(trust.tlogs.map(({ baseURL }) => baseURL)).toContain("https://rekor.sigstore.dev");
    expect(trust.certificateAuthorities.length).toBeGreaterThan(0);
    expect(trust.timestampAuthorities.length).toBeGreaterThan(0);
    expect(trust.ctlogs.length).toBeGreaterThan(0);
  });
});

describe("mergeOverrides", () => {
  it("believes another instance besides, in both storages", async () => {
    const before = embeddedTrustedRoot();
    const trust = mergeOverrides(before, overridesOf(authority));
    expect(trust.tlogs).toHaveLength(before.tlogs.length + 1);
    expect(trust.id).not.toBe(before.id);
    const signing = await keyless({ timestampBy: authority });
    const evidence = toEvidence(
      await makeLegacySignature(signing),
      await makeBundle(signing),
      await makeBundle(signing, { logVersion: 2 }),
    );
    expect(verifyEvidence(evidence, policyOf(before)).signatures).toEqual([]);
    const verification = verifyEvidence(evidence, policyOf(trust));
    expect(verification.refused).toEqual([]);
    expect(verification.signatures).toHaveLength(3);
  });

  it.each(["fulcioCertificates", "rekorKeys", "ctLogKeys", "tsaCertificates"] as const)(
    "refuses garbage for %s",
    (name) => {
      const act = () => mergeOverrides(emptyTrust, { [name]: "garbage" });
      expect(act).toThrow(
        expect.objectContaining({ code: "trust_root_invalid", subject: expect.stringMatching(/^SIGSTORE_/) }),
      );
    },
  );

  it("refuses a timestamp authority without its signing certificate", () => {
    expect(() => mergeOverrides(emptyTrust, { tsaCertificates: authority.fulcioPem })).toThrow(
      /signs timestamps is missing/,
    );
  });
});

describe("createTrustProvider", () => {
  const never = async () => {
    throw new Error("TUF was asked");
  };

  it("asks once for many, and not before somebody needs it", async () => {
    let asked = 0;
    const provider = createTrustProvider({
      fetchTuf: async () => {
        asked += 1;
        return authority.trustedRoot;
      },
    });
    expect(asked).toBe(0);
    const all = await Promise.all([provider.get({ signal }), provider.get({ signal }), provider.get({ signal })]);
    expect(new Set([...all, await provider.get({ signal })]).size).toBe(1);
    expect(asked).toBe(1);
  });

  it("does not remember a failure", async () => {
    let asked = 0;
    const provider = createTrustProvider({
      fetchTuf: async () => {
        asked += 1;
        if (asked === 1) throw new SigstoreError("down", { code: "trust_unavailable", retryable: true });
        return authority.trustedRoot;
      },
    });
    await expect(provider.get({ signal })).rejects.toMatchObject({ code: "trust_unavailable" });
    await expect(provider.get({ signal })).resolves.toHaveProperty("id");
  });

  it("lets one caller go without harm to the others", async () => {
    let answer: (root: string) => void = () => {};
    let ended = false;
    const provider = createTrustProvider({
      fetchTuf: ({ signal: inner }) => {
        inner.addEventListener("abort", () => {
          ended = true;
        });
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    const leaving = new AbortController();
    const first = provider.get({ signal: leaving.signal });
    const second = provider.get({ signal });
    leaving.abort(new Error("left"));
    await expect(first).rejects.toThrow("left");
    expect(ended).toBe(false);
    answer(authority.trustedRoot);
    await expect(second).resolves.toHaveProperty("id");
  });

  it("gives the fetch up when nobody waits any more", async () => {
    let ended = false;
    const provider = createTrustProvider({
      fetchTuf: ({ signal: inner }) =>
        new Promise((_resolve, reject) => {
          inner.addEventListener("abort", () => {
            ended = true;
            reject(inner.reason);
          });
        }),
    });
    const leaving = new AbortController();
    const only = provider.get({ signal: leaving.signal });
    leaving.abort(new Error("left"));
    await expect(only).rejects.toThrow("left");
    expect(ended).toBe(true);
    await expect(provider.get({ signal: leaving.signal })).rejects.toThrow("left");
  });

  it("asks nobody where a file is given, or offline", async () => {
    const byFile = createTrustProvider({ fetchTuf: never, trustedRootFile: authority.trustedRoot });
    expect((await byFile.get({ signal })).id).toBe(parseTrustedRoot(authority.trustedRoot).id);
    const offline = createTrustProvider({ fetchTuf: never, offline: true });
    expect(await offline.get({ signal })).toBe(embeddedTrustedRoot());
  });

  it("merges overrides, and goes by them alone where TUF does not answer", async () => {
    const overrides = overridesOf(authority);
    const merged = await createTrustProvider({ fetchTuf: never, offline: true, overrides }).get({ signal });
    expect(merged.tlogs).toHaveLength(embeddedTrustedRoot().tlogs.length + 1);
    const alone = await createTrustProvider({ fetchTuf: never, overrides }).get({ signal });
    expect(alone.tlogs).toHaveLength(1);
    await expect(createTrustProvider({ fetchTuf: never }).get({ signal })).rejects.toThrow("TUF was asked");
  });
});

describe("needs of trust", () => {
  it("a key without the log asks for none", async () => {
    const pair = makeKeyPair();
    const key = parsePublicKey(pair.publicKey.export({ type: "spki", format: "pem" }).toString());
    const evidence = toEvidence(await makeLegacySignature(pair));
    const policy = { digest, key, ignoreRekor: true, now: authority.clock, attestationAsSignature: false };
    expect(verifyEvidence(evidence, policy).signatures).toHaveLength(1);
  });
});
