import { get } from "node:https";
import { expect, it } from "vitest";
import { createLoopbackCertificate } from "../../test/fixtures/loopback-certificate.ts";
import { createMemoryStore } from "./memory-store.ts";
import { startRegistry } from "./server.ts";

it("speaks https, and names its token endpoint accordingly", async () => {
  const { cert, key } = createLoopbackCertificate();
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
