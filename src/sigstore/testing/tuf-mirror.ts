import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A TUF repository with one target, `trusted_root.json`, on loopback (TUF specification 1.0, consistent snapshots). */
export interface TufMirror {
  readonly url: string;
  readonly rootJson: string;
  /** Paths asked for. */
  readonly requests: string[];
  /**
   * What somebody who may write to a client's cache puts there, by file name: a root that leaves the mirror's keys in
   * place but for the targets', and targets signed with the forger's.
   */
  forgeCache(target: string): ReadonlyMap<string, string>;
  close(): Promise<void>;
}

const expires = "2100-01-01T00:00:00Z";
const header = (type: string) => ({ _type: type, spec_version: "1.0.31", version: 1, expires });

/** Canonical JSON, as far as this metadata needs it: sorted members, no blanks. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}

function createSigner() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex");
  const key = { keytype: "ed25519", scheme: "ed25519", keyval: { public: raw } };
  const keyid = createHash("sha256").update(canonical(key)).digest("hex");
  const signed = (body: object): string => {
    const sig = sign(null, Buffer.from(canonical(body)), privateKey).toString("hex");
    return JSON.stringify({ signed: body, signatures: [{ keyid, sig }] });
  };
  return { keys: { [keyid]: key }, role: { keyids: [keyid], threshold: 1 }, signed };
}

function toTargets(target: string): object {
  const sha256 = createHash("sha256").update(target).digest("hex");
  const targets = { "trusted_root.json": { length: Buffer.byteLength(target), hashes: { sha256 } } };
  return { ...header("targets"), targets };
}

/** Serves the target; `tamper` changes it after it was signed for. */
export async function startTufMirror(
  target: string,
  options: { tamper?: (text: string) => string } = {},
): Promise<TufMirror> {
  const { keys, role, signed } = createSigner();
  const roles = { root: role, timestamp: role, snapshot: role, targets: role };
  const rootJson = signed({ ...header("root"), consistent_snapshot: true, keys, roles });
  const sha256 = createHash("sha256").update(target).digest("hex");
  const forgeCache = (forged: string) => {
    const forger = createSigner();
    const forgedRoles = { ...roles, root: forger.role, targets: forger.role };
    const allKeys = { ...keys, ...forger.keys };
    return new Map([
      ["root.json", forger.signed({ ...header("root"), consistent_snapshot: true, keys: allKeys, roles: forgedRoles })],
      ["targets.json", forger.signed(toTargets(forged))],
      ["targets/trusted_root.json", forged],
    ]);
  };
  const files = new Map([
    ["/timestamp.json", signed({ ...header("timestamp"), meta: { "snapshot.json": { version: 1 } } })],
    ["/1.snapshot.json", signed({ ...header("snapshot"), meta: { "targets.json": { version: 1 } } })],
    ["/1.targets.json", signed(toTargets(target))],
    [`/targets/${sha256}.trusted_root.json`, options.tamper?.(target) ?? target],
  ]);
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push(path);
    const file = files.get(path);
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    rootJson,
    requests,
    forgeCache,
    close: () => close(server),
  };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
