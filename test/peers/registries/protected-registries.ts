import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHttpTarget, type PushTarget } from "../../../src/demo/index.ts";
import { createMemoryStore, startRegistry } from "../../../src/registry/index.ts";
import { startDistribution } from "../servers.ts";
import type { TestedRegistry } from "./registry-client.contract.ts";
import { always } from "./test-client.ts";
import { account, createCertifiedKey, createJwksKey, startTokenServer, type TokenServer } from "./token-server.ts";

export const publicRepository = "public/app";

const credentials = always({ kind: "basic", ...account });

export interface TokenProtected extends TestedRegistry {
  tokens: TokenServer;
}

/** Distribution that wants tokens; pushed to with tokens of our own making. */
export async function startTokenProtected(binary: string, keyKind: "jwks" | "certificate"): Promise<TokenProtected> {
  const folder = mkdtempSync(join(tmpdir(), "sealcheck-tokens-"));
  const signing = keyKind === "jwks" ? createJwksKey(folder) : await createCertifiedKey(folder);
  if (signing === undefined) throw new Error("openssl is missing");
  const tokens = await startTokenServer({ signing, publicRepositories: [publicRepository] });
  const server = await startDistribution(binary, () => ({ auth: { token: tokens.settings } }));
  const target: PushTarget = {
    registry: server.host,
    async send(request) {
      const repository = /^\/v2\/(.+?)\/(?:blobs|manifests)\//.exec(request.path)?.[1] ?? "";
      const authorization = `Bearer ${tokens.issue(repository, ["pull", "push"])}`;
      return await createHttpTarget({ registry: server.host, authorization }).send(request);
    },
  };
  return {
    host: server.host,
    target,
    credentials,
    tokens,
    async stop() {
      await server.stop();
      await tokens.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What bcrypt makes of the account's password; regenerate with `htpasswd -nbBC 4` when that changes. */
const passwordHash = "$2b$04$JVy0RCMN22gRkIuSkeg74u57EIUfUjSk3813qGX4Dvu8yJYsXuCsC";

/** Distribution that wants Basic credentials with every request. */
export async function startBasicProtected(binary: string): Promise<TestedRegistry> {
  const server = await startDistribution(binary, (folder) => {
    const path = join(folder, "htpasswd");
    writeFileSync(path, `${account.username}:${passwordHash}\n`);
    return { auth: { htpasswd: { realm: "test", path } } };
  });
  const authorization = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString("base64")}`;
  return {
    host: server.host,
    target: createHttpTarget({ registry: server.host, authorization }),
    credentials,
    stop: server.stop,
  };
}

/** The embedded registry with an account; filled through a second door without one. */
export async function startEmbeddedProtected(scheme: "bearer" | "basic"): Promise<TestedRegistry> {
  const store = createMemoryStore();
  const grants = [{ repository: "*", actions: ["pull"] as const }];
  const auth = { scheme, accounts: [{ ...account, grants }] };
  const [door, registry] = [await startRegistry({ store }), await startRegistry({ store, auth, referrersPageSize: 2 })];
  return {
    host: registry.host,
    target: createHttpTarget({ registry: door.host }),
    credentials,
    async stop() {
      await registry.close();
      await door.close();
    },
  };
}
