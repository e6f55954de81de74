import { execFile } from "node:child_process";
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export const account = { username: "puller", password: "a password: with a colon" } as const;

export interface TokenRequest {
  scopes: readonly string[];
  service: string | null;
  hasPassword: boolean;
  status: number;
}

/** A token service as distribution's specification has it (spec/auth/token.md, jwt.md). */
export interface TokenServer {
  /** What the registry has to know: `auth.token`. */
  readonly settings: Readonly<Record<string, string>>;
  readonly requests: TokenRequest[];
  /** A token for a repository, for pushing. */
  issue(repository: string, actions: readonly string[]): string;
  /** The next tokens say that they last, and the registry sees that they ended long ago. */
  issueStale(count: number): void;
  close(): Promise<void>;
}

interface SigningKey {
  key: KeyObject;
  algorithm: "ES256" | "RS256";
  /** Of the token. */
  header: Readonly<Record<string, unknown>>;
  /** Where the registry finds what it trusts. */
  settings: Readonly<Record<string, string>>;
}

/** A key that the registry is told of as a JSON web key. */
export function createJwksKey(folder: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const file = join(folder, "jwks.json");
  const key = { ...publicKey.export({ format: "jwk" }), kid: "one", use: "sig", alg: "ES256" };
  writeFileSync(file, JSON.stringify({ keys: [key] }));
  return { key: privateKey, algorithm: "ES256", header: { kid: "one" }, settings: { jwks: file } };
}

/** A key whose certificate the registry trusts and each token carries. Undefined where there is no openssl. */
export async function createCertifiedKey(folder: string): Promise<SigningKey | undefined> {
  const [keyFile, certificate] = [join(folder, "token.key"), join(folder, "token.crt")];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tokens"];
  try {
    await run("openssl", [...request, "-keyout", keyFile, "-out", certificate]);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown;
  }
  const x5c = [readFileSync(certificate, "utf8").replace(/-----[^-]+-----|\s/g, "")];
  return {
    key: createPrivateKey(readFileSync(keyFile)),
    algorithm: "RS256",
    header: { x5c },
    settings: { rootcertbundle: certificate },
  };
}

/** `publicRepositories` may be pulled without an account. */
export async function startTokenServer(options: {
  signing: SigningKey;
  publicRepositories: readonly string[];
}): Promise<TokenServer> {
  const { signing, publicRepositories } = options;
  const requests: TokenRequest[] = [];
  let staleTokens = 0;

  function issue(access: readonly object[], startSeconds = Math.floor(Date.now() / 1000)): string {
    const claims = {
      iss: "test-issuer",
      sub: "",
      aud: "test-registry",
      iat: startSeconds,
      nbf: startSeconds,
      exp: startSeconds + 300,
      jti: String(requests.length),
      access,
    };
    const parts = [{ typ: "JWT", alg: signing.algorithm, ...signing.header }, claims];
    const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    const key = { key: signing.key, dsaEncoding: "ieee-p1363" } as const;
    return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`;
  }

  function answer(authorization: string | undefined, query: URLSearchParams): { status: number; body: object } {
    const expected = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString("base64")}`;
    const scopes = query.getAll("scope").flatMap((scope) => scope.split(" "));
    const status = authorization === undefined || authorization === expected ? 200 : 401;
    requests.push({ scopes, service: query.get("service"), hasPassword: authorization !== undefined, status });
    if (status === 401) return { status, body: { errors: [{ code: "UNAUTHORIZED", message: "wrong account" }] } };
    const access = scopes.map(parseScope).filter(({ name, actions }) => {
      const isReading = actions.every((action) => action === "pull");
      return isReading && (authorization !== undefined || publicRepositories.includes(name));
    });
    staleTokens -= 1;
    const start = staleTokens >= 0 ? Math.floor(Date.now() / 1000) - 3600 : undefined;
    return { status, body: { token: issue(access, start), expires_in: 300 } };
  }

  const server = createServer((incoming, outgoing) => {
    const { status, body } = answer(
      incoming.headers.authorization,
      new URL(incoming.url ?? "/", "http://localhost").searchParams,
    );
    outgoing.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    settings: {
      realm: `http://127.0.0.1:${port}/token`,
      service: "test-registry",
      issuer: "test-issuer",
      ...signing.settings,
    },
    requests,
    issue: (repository, actions) => issue([{ type: "repository", name: repository, actions }]),
    issueStale(count) {
      staleTokens = count;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function parseScope(scope: string): { type: string; name: string; actions: string[] } {
  const [type = "", name = "", actions = ""] = scope.split(":");
  return { type, name, actions: actions.split(",") };
}
