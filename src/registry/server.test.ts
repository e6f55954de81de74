import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { get } from "node:https";
import { expect, it } from "vitest";
import { createMemoryStore } from "./memory-store.ts";
import { startRegistry } from "./server.ts";

/** DER (X.690): a tag, a length, and the content. */
function der(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const length = content.length < 128 ? [content.length] : [0x82, content.length >> 8, content.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function hex(text: string): Uint8Array {
  return Buffer.from(text, "hex");
}

/** A certificate for 127.0.0.1 that signs itself (RFC 5280, 4.1). */
function createCertificate(privateKey: KeyObject, publicKey: KeyObject): string {
  const algorithm = der(0x30, hex("06082a8648ce3d040302"));
  const name = der(0x30, der(0x31, der(0x30, hex("0603550403"), der(0x0c, Buffer.from("registry")))));
  const time = (text: string) => der(0x18, Buffer.from(text));
  const san = der(0x30, hex("0603551d11"), der(0x04, der(0x30, der(0x87, Buffer.from([127, 0, 0, 1])))));
  const certificate = der(
    0x30,
    hex("a003020102"),
    hex("020101"),
    algorithm,
    name,
    der(0x30, time("20200101000000Z"), time("20991231000000Z")),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(0x30, san)),
  );
  const signature = der(0x03, hex("00"), sign("sha256", certificate, privateKey));
  const base64 = Buffer.from(der(0x30, certificate, algorithm, signature)).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
}

it("speaks https, and names its token endpoint accordingly", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const cert = createCertificate(privateKey, publicKey);
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const registry = await startRegistry({ store: createMemoryStore(), tls: { key, cert }, auth: { accounts: [] } });
  try {
    expect(registry.url).toBe(`https://${registry.host}`);
    const challenge = await new Promise((resolve, reject) => {
      const request = get(`${registry.url}/v2/`, { ca: cert }, (response) => {
        response.resume();
        resolve([response.statusCode, response.headers["www-authenticate"]]);
      });
      request.on("error", reject);
    });
    expect(challenge).toEqual([401, `Bearer realm="${registry.url}/token",service="sealcheck-registry"`]);
  } finally {
    await registry.close();
  }
});
