import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLoopbackCertificate } from "../../../test/fixtures/loopback-certificate.ts";
import { EntryError } from "../errors.ts";
import { type ClusterReader, createClusterReader } from "./cluster.ts";
import { createKeyReader } from "./keys.ts";

const pem = "-----BEGIN PUBLIC KEY-----\nkey\n-----END PUBLIC KEY-----\n";
const policies = "/apis/appstudio.redhat.com/v1alpha1/namespaces/space/enterprisecontractpolicies";

/** What the fake API server answers, by path. */
const objects: Readonly<Record<string, { status: number; body: string }>> = {
  "/api/v1/namespaces/keys/secrets/cosign": ok({ data: { "cosign.pub": Buffer.from(pem).toString("base64") } }),
  "/api/v1/namespaces/keys/secrets/empty": ok({ data: {} }),
  "/api/v1/namespaces/keys/secrets/forbidden": { status: 403, body: "{}" },
  "/api/v1/namespaces/keys/secrets/broken": { status: 200, body: "<html>" },
  "/api/v1/namespaces/keys/secrets/busy": { status: 503, body: "" },
  "/api/v1/namespaces/keys/secrets/huge": { status: 200, body: `{"data":"${"x".repeat(9 * 1024 * 1024)}"}` },
  [`${policies}/default`]: ok({ kind: "EnterpriseContractPolicy", spec: { publicKey: "k8s://keys/cosign" } }),
  [`${policies}/bare`]: ok({ kind: "EnterpriseContractPolicy" }),
  "/apis/appstudio.redhat.com/v1alpha1/namespaces/space/snapshots/release": ok({ spec: { components: [] } }),
};

function ok(object: object): { status: number; body: string } {
  return { status: 200, body: JSON.stringify(object) };
}

const { cert, key } = createLoopbackCertificate();
const authorizations = new Set<string | undefined>();
const signal = new AbortController().signal;
let server: Server;
let directory: string;
let env: { KUBERNETES_SERVICE_HOST: string; KUBERNETES_SERVICE_PORT: string };
let cluster: ClusterReader;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sealcheck-cluster-"));
  await writeFile(join(directory, "token"), "a-token\n");
  await writeFile(join(directory, "ca.crt"), cert);
  await writeFile(join(directory, "namespace"), "space");
  server = createServer({ cert, key }, (request, response) => {
    authorizations.add(request.headers.authorization);
    const { status, body } = objects[request.url ?? ""] ?? { status: 404, body: '{"kind":"Status"}' };
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  env = { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(port) };
  cluster = createClusterReader({ env, directory, userAgent: "test" });
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true, force: true });
});

async function faultOf(promise: Promise<unknown>): Promise<EntryError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof EntryError) return error;
  throw new TypeError(`expected an EntryError, got ${String(error)}`);
}

describe("the cluster that this runs in", () => {
  it("gives a secret's field, with the pod's token", async () => {
    expect(await cluster.readSecretField({ namespace: "keys", name: "cosign" }, "cosign.pub", signal)).toBe(pem);
    expect([...authorizations]).toEqual(["Bearer a-token"]);
  });

  it("gives the key that k8s://namespace/secret stands for", async () => {
    const http = { get: () => Promise.reject(new Error("no address was given")) };
    expect(await createKeyReader({ env, http, cluster })("k8s://keys/cosign", signal)).toBe(pem);
  });

  it.each([
    ["with its namespace", { namespace: "space", name: "default" }],
    ["in the pod's namespace", { name: "default" }],
  ])("gives a policy's specification, %s", async (_name, name) => {
    const text = await cluster.readSpec("enterprisecontractpolicies", name, signal);
    expect(JSON.parse(text)).toEqual({ publicKey: "k8s://keys/cosign" });
  });

  it("gives a snapshot's specification", async () => {
    expect(await cluster.readSpec("snapshots", { name: "release" }, signal)).toBe('{"components":[]}');
  });

  it.each([
    ["a secret that is not there", "missing", /secrets keys\/missing .*404.*does not exist/, false],
    ["a secret without the field", "empty", /secrets keys\/empty has no field cosign\.pub/, false],
    ["a secret that may not be read", "forbidden", /403.*service account.*role/, false],
    ["an answer that is no JSON", "broken", /no JSON object/, false],
    ["an answer without an end", "huge", /larger than 8388608 bytes/, false],
    ["a server that is busy", "busy", /503.*try again/, true],
  ])("refuses %s", async (_name, name, message, retryable) => {
    const error = await faultOf(cluster.readSecretField({ namespace: "keys", name }, "cosign.pub", signal));
    expect(error).toMatchObject({ code: "cluster-failed", retryable, message: expect.stringMatching(message) });
  });

  it("refuses a policy without a specification", async () => {
    const error = await faultOf(cluster.readSpec("enterprisecontractpolicies", { name: "bare" }, signal));
    expect(error).toMatchObject({ code: "cluster-failed", message: "enterprisecontractpolicies bare has no spec" });
  });

  it("does not let a name out of its path", async () => {
    const error = await faultOf(
      cluster.readSecretField({ namespace: "x/../keys", name: "cosign" }, "cosign.pub", signal),
    );
    expect(error).toMatchObject({ code: "cluster-failed", message: expect.stringMatching(/404/) });
  });

  it("says where it was looked for, outside a cluster", async () => {
    const outside = createClusterReader({ env: {}, directory, userAgent: "test" });
    const error = await faultOf(outside.readSpec("enterprisecontractpolicies", { name: "default" }, signal));
    expect(error).toMatchObject({ code: "no-cluster", retryable: false });
    expect(error.message).toMatch(/KUBERNETES_SERVICE_HOST is not set.*give a file or the text itself/);
  });

  it("trusts the cluster's authority only", async () => {
    const other = await mkdtemp(join(tmpdir(), "sealcheck-cluster-"));
    try {
      await writeFile(join(other, "token"), "a-token");
      await writeFile(join(other, "ca.crt"), createLoopbackCertificate().cert);
      const stranger = createClusterReader({ env, directory: other, userAgent: "test" });
      const error = await faultOf(
        stranger.readSecretField({ namespace: "keys", name: "cosign" }, "cosign.pub", signal),
      );
      expect(error).toMatchObject({ code: "cluster-failed", retryable: true });
    } finally {
      await rm(other, { recursive: true, force: true });
    }
  });

  it("stops when told to", async () => {
    const stopped = AbortSignal.abort(new Error("stop"));
    await expect(cluster.readSecretField({ namespace: "keys", name: "cosign" }, "cosign.pub", stopped)).rejects.toThrow(
      "stop",
    );
  });
});
