import { verify } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { type RegistryOptions, type RunningRegistry, startRegistry } from "../registry/index.ts";
import type { Descriptor } from "../types/index.ts";
import { attestImage, signImage } from "./evidence.ts";
import { pushImage } from "./image.ts";
import { createKeyPair, type KeyPair } from "./keys.ts";
import type { Envelope, Statement } from "./statement.ts";
import { createHttpTarget } from "./target.ts";

const open: RunningRegistry[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((registry) => registry.close()));
});

async function start(options: RegistryOptions = {}) {
  const registry = await startRegistry(options);
  open.push(registry);
  const target = createHttpTarget({ registry: registry.host });
  const image = await pushImage(target, { repository: "app", tag: "v1" });
  const get = async (path: string) => await fetch(`${registry.url}/v2/app/${path}`);
  const manifest = async (reference: string) =>
    (await (await get(`manifests/${reference}`)).json()) as { layers: Descriptor[]; manifests: Descriptor[] };
  const blob = async (digest: string) => Buffer.from(await (await get(`blobs/${digest}`)).arrayBuffer());
  return { registry, target, image, get, manifest, blob };
}

function isSigned(bytes: Uint8Array, signature: string, key: KeyPair): boolean {
  return verify("sha256", bytes, key.publicKeyPem, Buffer.from(signature, "base64"));
}

function readEnvelope(envelope: Envelope, key: KeyPair): Statement {
  const payload = Buffer.from(envelope.payload, "base64");
  const head = `DSSEv1 ${envelope.payloadType.length} ${envelope.payloadType} ${payload.length} `;
  expect(isSigned(Buffer.concat([Buffer.from(head), payload]), envelope.signatures[0]?.sig ?? "", key)).toBe(true);
  return JSON.parse(payload.toString("utf8")) as Statement;
}

const statement: Statement = {
  _type: "https://in-toto.io/Statement/v0.1",
  predicateType: "https://example.com/test/v1",
  subject: [{ name: "app", digest: { sha256: "0".repeat(64) } }],
  predicate: { passed: true },
};

describe("evidence at tags", () => {
  it("is appended, one layer a signature", async () => {
    const { registry, target, image, manifest, blob } = await start();
    const keys = [createKeyPair(), createKeyPair()] as const;
    const tag = `${image.digest.replace(":", "-")}.sig`;
    const first = await signImage(target, image, keys[0]);
    const second = await signImage(target, image, keys[1], { annotations: { who: "us" } });
    expect([first.reference, second.reference]).toEqual(Array(2).fill(`${registry.host}/app:${tag}`));
    const { layers } = await manifest(tag);
    expect(layers).toHaveLength(2);
    for (const [position, layer] of layers.entries()) {
      expect(layer.mediaType).toBe("application/vnd.dev.cosign.simplesigning.v1+json");
      const payload = await blob(layer.digest);
      const signature = layer.annotations?.["dev.cosignproject.cosign/signature"] ?? "";
      expect(keys.map((key) => isSigned(payload, signature, key))).toEqual([position === 0, position === 1]);
      expect(JSON.parse(payload.toString("utf8"))).toEqual({
        critical: {
          identity: { "docker-reference": `${registry.host}/app` },
          image: { "docker-manifest-digest": image.digest },
          type: "cosign container image signature",
        },
        optional: position === 0 ? null : { who: "us" },
      });
    }
  });

  it("holds attestations as envelopes, with the predicate's type beside them", async () => {
    const { target, image, manifest, blob } = await start();
    const key = createKeyPair();
    await attestImage(target, image, statement, key, { format: "tag" });
    const { layers } = await manifest(`${image.digest.replace(":", "-")}.att`);
    expect(layers.map(({ mediaType, annotations }) => [mediaType, annotations])).toEqual([
      [
        "application/vnd.dsse.envelope.v1+json",
        { "dev.cosignproject.cosign/signature": "", predicateType: statement.predicateType },
      ],
    ]);
    const envelope = JSON.parse((await blob(layers[0]?.digest ?? "")).toString("utf8")) as Envelope;
    expect(readEnvelope(envelope, key)).toEqual(statement);
  });
});

describe("evidence in bundles", () => {
  const cases: { name: string; options: RegistryOptions }[] = [
    { name: "with the referrers API", options: {} },
    { name: "without it, at the referrers tag", options: { referrersApi: false } },
  ];
  it.each(cases)("refers to the image $name", async ({ options }) => {
    const { target, image, get, manifest, blob } = await start(options);
    const key = createKeyPair();
    const sign = await signImage(target, image, key, { format: "bundle" });
    await attestImage(target, image, statement, key, { format: "bundle" });
    await attestImage(target, image, statement, createKeyPair(), { format: "bundle" });
    const listed = await get(`referrers/${image.digest}`);
    const tagged = await get(`manifests/${image.digest.replace(":", "-")}`);
    expect([listed.status, tagged.status]).toEqual(options.referrersApi === false ? [404, 200] : [200, 404]);
    const { manifests } = (await (listed.ok ? listed : tagged).json()) as { manifests: Descriptor[] };
    const type = "application/vnd.dev.sigstore.bundle.v0.3+json";
    expect(manifests.map(({ artifactType }) => artifactType)).toEqual([type, type, type]);
    const found = manifests.find(({ digest }) => digest === sign.digest);
    const referrer = await manifest(found?.digest ?? "");
    expect(referrer).toMatchObject({
      artifactType: type,
      subject: { digest: image.digest, size: image.size },
      annotations: { "dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1" },
      layers: [{ mediaType: type }],
    });
    const bundle = JSON.parse((await blob(referrer.layers[0]?.digest ?? "")).toString("utf8")) as {
      mediaType: string;
      dsseEnvelope: Envelope;
    };
    expect(bundle.mediaType).toBe(type);
    expect(readEnvelope(bundle.dsseEnvelope, key)).toEqual({
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ digest: { sha256: image.digest.slice(7) }, annotations: {} }],
      predicateType: "https://sigstore.dev/cosign/sign/v1",
      predicate: {},
    });
  });
});
