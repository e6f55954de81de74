import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { OciError } from "../../oci/index.ts";
import { type Digest, type Json, type Log, silentLog } from "../../types/index.ts";
import { bytesOf, type FakeRegistry, fakeRegistry, faultOf, networkDown, PortError } from "../testing/ports.ts";
import { createEcHost, type EcBounds, type EcHost } from "./host.ts";
import type { EcSigstorePort } from "./sigstore-functions.ts";

const manifestType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";
const repository = "registry.example/team/app";

let registry: FakeRegistry;
let logged: string[];
let verified: Json[];
let verification: () => Promise<{ success: boolean; errors: string[]; signatures: never[] }>;
let image: Digest;
let host: EcHost;

const sigstore: EcSigstorePort = {
  verifyImage: (reference, options) => {
    verified.push([reference, options]);
    return verification();
  },
  verifyAttestation: (reference, options) => {
    verified.push([reference, options]);
    return Promise.resolve({ success: true, errors: [], attestations: [] });
  },
};

function createHost(bounds: Partial<EcBounds> = {}): EcHost {
  const log: Log = { ...silentLog, info: (message) => logged.push(message) };
  return createEcHost({ registry, sigstore, log, bounds });
}

function ask(name: string, ...args: Json[]): Promise<Json | undefined> {
  return host.answer({ name, args });
}

beforeEach(() => {
  registry = fakeRegistry();
  logged = [];
  verified = [];
  verification = () => Promise.resolve({ success: true, errors: [], signatures: [] });
  const config = registry.addBlob(bytesOf("{}"));
  image = registry.addManifest(repository, "v1", {
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: "c", ...config },
    layers: [{ mediaType: "l", digest: "sha256:00", size: 7, data: "aGk=", annotations: { a: "b" } }],
  });
  host = createHost();
});

const emptyFields = { data: "", urls: [], annotations: {}, artifactType: "" };

describe("ec.oci", () => {
  it("image_manifest has every field", async () => {
    const answer = await ask("ec.oci.image_manifest", `${repository}:v1`);
    expect(answer).toEqual({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { ...emptyFields, mediaType: "c", digest: expect.stringMatching(/^sha256:/), size: 2 },
      layers: [{ ...emptyFields, mediaType: "l", digest: "sha256:00", size: 7, data: "hi", annotations: { a: "b" } }],
      annotations: {},
    });
  });

  it("difference 23: a tag is resolved once and fetched by digest; tag and digest share an answer", async () => {
    await ask("ec.oci.image_manifest", `${repository}:v1`);
    await ask("ec.oci.image_manifest", `${repository}@${image}`);
    expect(registry.calls.filter((call) => !call.startsWith("resolve"))).toEqual([`manifest ${image}`]);
  });

  it("image_manifest of an index is its linux/amd64 child's", async () => {
    const other = registry.addManifest(repository, undefined, {
      mediaType: manifestType,
      layers: [],
      schemaVersion: 1,
    });
    const platform = (architecture: string) => ({ os: "linux", architecture });
    registry.addManifest(repository, "multi", {
      schemaVersion: 2,
      mediaType: indexType,
      manifests: [
        { digest: other, size: 1, mediaType: manifestType, platform: platform("arm64") },
        { digest: image, size: 2, mediaType: manifestType, platform: platform("amd64") },
      ],
    });
    expect(await ask("ec.oci.image_manifest", `${repository}:multi`)).toMatchObject({ schemaVersion: 2 });
    expect(await ask("ec.oci.image_index", `${repository}:multi`)).toMatchObject({
      mediaType: indexType,
      manifests: [
        { digest: other, platform: { architecture: "arm64", "os.version": "", features: [] } },
        { digest: image },
      ],
    });
    expect(await ask("ec.oci.image_index", `${repository}:v1`)).toBeUndefined();
  });

  it("image_manifests leaves out what is not there", async () => {
    const found = `${repository}:v1`;
    const answer = await ask("ec.oci.image_manifests", [found, `${repository}:missing`]);
    expect(Object.keys(answer as object)).toEqual([found]);
    expect(await ask("ec.oci.image_manifests", [])).toEqual({});
    expect(await ask("ec.oci.image_manifests", [found, 1])).toBeUndefined();
  });

  it("descriptor comes from a question without content", async () => {
    expect(await ask("ec.oci.descriptor", `${repository}:v1`)).toEqual({
      ...emptyFields,
      mediaType: manifestType,
      digest: image,
      size: expect.any(Number),
    });
  });

  it("difference 22: compressed blobs are inflated, whatever was asked before", async () => {
    const { digest } = registry.addBlob(gzipSync('{"a": [1]}'));
    expect(await ask("ec.oci.blob", `${repository}@${digest}`)).toBe('{"a": [1]}');
    expect(await ask("ec.oci.parsed_blob", `${repository}@${digest}`)).toEqual({ a: [1] });
  });

  it.each(["ec.oci.blob", "ec.oci.parsed_blob"])(
    "%s of a blob of many small values is refused: parsed, they would take many times its bytes",
    async (name) => {
      const { digest } = registry.addBlob(gzipSync(`[${"[],".repeat(1000)}1]`));
      const call = { name, args: [`${repository}@${digest}`] };
      expect(await faultOf(() => createHost({ maxBlobValues: 1000 }).answer(call))).toBe("undecided:limit-exceeded");
      expect(await createHost({ maxBlobValues: 3000 }).answer(call)).toBeDefined();
    },
  );

  it("blob_files and image_files hand their paths on", async () => {
    expect(await ask("ec.oci.blob_files", `${repository}@${image}`, ["a"])).toEqual({ a: { from: "a" } });
    expect(await ask("ec.oci.blob_files", `${repository}@${image}`, [])).toEqual({});
    expect(await ask("ec.oci.image_files", `${repository}@${image}`, ["etc"])).toEqual({
      "etc/a.yaml": { from: "etc" },
    });
    expect(await ask("ec.oci.blob_files", `${repository}@${image}`, ["a", 1])).toBeUndefined();
  });

  it("image_tag_refs lists sig, att and sbom in this order", async () => {
    const hex = image.slice("sha256:".length);
    registry.addManifest(repository, `sha256-${hex}.sbom`, {});
    registry.addManifest(repository, `sha256-${hex}.sig`, {});
    expect(await ask("ec.oci.image_tag_refs", `${repository}:v1`)).toEqual([
      `${repository}:sha256-${hex}.sig`,
      `${repository}:sha256-${hex}.sbom`,
    ]);
  });

  it("image_referrers have a reference each", async () => {
    registry.addReferrer(image, { mediaType: manifestType, size: 3, digest: "sha256:11", artifactType: "x" });
    expect(await ask("ec.oci.image_referrers", `${repository}@${image}`)).toEqual([
      {
        mediaType: manifestType,
        size: 3,
        digest: "sha256:11",
        artifactType: "x",
        ref: `${repository}@sha256:11`,
        annotations: {},
      },
    ]);
  });

  it.each([
    ["ec.oci.blob", [`${repository}:v1`]],
    ["ec.oci.blob", [1]],
    ["ec.oci.parsed_blob", [`${repository}@sha256:${"0".repeat(64)}`]],
    ["ec.oci.image_manifest", ["NOT A REFERENCE"]],
    ["ec.oci.image_manifest", [`${repository}:missing`]],
    ["ec.oci.image_manifests", ["text"]],
  ] as [string, Json[]][])("%s of %j is undefined, with a line in the log", async (name, args) => {
    expect(await ask(name, ...args)).toBeUndefined();
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain(`${name} is undefined: `);
  });
});

describe("faults that say nothing are no answers", () => {
  const calls: [string, Json][] = [
    ["ec.oci.blob", `${repository}@sha256:${"0".repeat(64)}`],
    ["ec.oci.image_manifest", `${repository}:v1`],
    ["ec.oci.image_manifests", [`${repository}:v1`]],
    ["ec.oci.image_tag_refs", `${repository}:v1`],
    ["ec.oci.image_referrers", `${repository}:v1`],
    ["ec.oci.descriptor", `${repository}:v1`],
  ];
  it.each(calls)("%s with a network that is down", async (name, argument) => {
    registry.failWith(networkDown());
    expect(await faultOf(() => ask(name, argument))).toBe("undecided:external-call-failed");
    registry.failWith(undefined);
  });

  it.each(["too-large", "offline", "rate-limited", "unavailable", "timeout"] as const)("the code %s", async (code) => {
    registry.failWith(new OciError("no", { code }));
    expect(await faultOf(() => ask("ec.oci.image_manifest", `${repository}:v1`))).toBe(
      "undecided:external-call-failed",
    );
  });

  it.each(["not-found", "unauthorized", "forbidden", "digest-mismatch"] as const)(
    "the code %s is final",
    async (code) => {
      registry.failWith(new OciError("no", { code }));
      expect(await ask("ec.oci.image_manifest", `${repository}:v1`)).toBeUndefined();
    },
  );

  it("a bug is no answer either", async () => {
    registry.failWith(new TypeError("bug"));
    expect(await faultOf(() => ask("ec.oci.image_manifest", `${repository}:v1`))).toBe(
      "undecided:external-call-failed",
    );
  });

  it("a failure is asked again (difference 11)", async () => {
    registry.failWith(new PortError("gone", { code: "not-found" }));
    expect(await ask("ec.oci.image_manifest", `${repository}@${image}`)).toBeUndefined();
    registry.failWith(undefined);
    expect(await ask("ec.oci.image_manifest", `${repository}@${image}`)).toMatchObject({ mediaType: manifestType });
  });
});

describe("bounds and sharing", () => {
  it("more references than allowed are refused", async () => {
    host = createHost({ maxReferences: 1 });
    expect(await faultOf(() => ask("ec.oci.image_manifests", ["a", "b"]))).toBe("undecided:limit-exceeded");
  });

  it("what is remembered is bounded", async () => {
    host = createHost({ cacheBytes: 1 });
    await ask("ec.oci.image_manifest", `${repository}@${image}`);
    await ask("ec.oci.image_manifest", `${repository}@${image}`);
    expect(registry.calls.filter((call) => call.startsWith("manifest"))).toHaveLength(2);
  });

  it("blobs that inflate too much are no answer", async () => {
    host = createHost({ maxExpandedBytes: 1000 });
    const { digest } = registry.addBlob(gzipSync("x".repeat(5000)));
    expect(await faultOf(() => ask("ec.oci.blob", `${repository}@${digest}`))).toBe("undecided:external-call-failed");
  });

  it("equal calls under way are made once; one that gives up does not harm the other", async () => {
    const aborting = new AbortController();
    const call = { name: "ec.oci.image_manifest", args: [`${repository}@${image}`] };
    const first = host.answer(call, { signal: aborting.signal });
    const second = host.answer(call);
    aborting.abort(new Error("gave up"));
    await expect(first).rejects.toThrow("gave up");
    expect(await second).toMatchObject({ mediaType: manifestType });
    expect(registry.calls.filter((text) => text.startsWith("manifest"))).toHaveLength(1);
  });
});

describe("ec.sigstore", () => {
  const reference = `${repository}@sha256:${"0".repeat(64)}`;

  it("difference 27: a missing ignore_rekor means false", async () => {
    await ask("ec.sigstore.verify_image", reference, { public_key: "k" });
    expect(verified).toEqual([[reference, { ignore_rekor: false, public_key: "k" }]]);
  });

  it("only successes are remembered", async () => {
    await ask("ec.sigstore.verify_image", reference, { b: "1", a: "2" });
    await ask("ec.sigstore.verify_image", reference, { a: "2", b: "1" });
    expect(verified).toHaveLength(1);
    verification = () => Promise.resolve({ success: false, errors: ["no"], signatures: [] });
    await ask("ec.sigstore.verify_image", reference, {});
    await ask("ec.sigstore.verify_image", reference, {});
    expect(verified).toHaveLength(3);
  });

  it("failures are answers, faults that may pass are not", async () => {
    verification = () => Promise.reject(new PortError("gone", { code: "not-found" }));
    expect(await ask("ec.sigstore.verify_image", reference, {})).toEqual({
      success: false,
      errors: ["gone"],
      signatures: [],
    });
    verification = () => Promise.reject(networkDown());
    expect(await faultOf(() => ask("ec.sigstore.verify_image", reference, {}))).toBe("undecided:external-call-failed");
  });

  it("attestations", async () => {
    expect(await ask("ec.sigstore.verify_attestation", reference, {})).toEqual({
      success: true,
      errors: [],
      attestations: [],
    });
  });
});
