import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from "@sigstore/mock";
import { type Certificate, parseCertificate } from "../certificate.ts";
import { parseTrustedRoot, type TrustMaterial } from "../trust-root.ts";

/** Who signs keylessly in the tests. */
export const workflow = "https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main";
export const issuer = "https://token.actions.githubusercontent.com";

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export function makeKeyPair(namedCurve = "P-256"): KeyPair {
  return generateKeyPairSync("ec", { namedCurve });
}

/** An entry of the log as Rekor v1 answers. */
export interface LoggedEntry {
  readonly body: string;
  readonly integratedTime: number;
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: {
    readonly signedEntryTimestamp: string;
    readonly inclusionProof: {
      readonly logIndex: number;
      readonly treeSize: number;
      readonly rootHash: string;
      readonly checkpoint: string;
    };
  };
}

/** A whole Sigstore instance in memory: certificate authority, certificate log, transparency log, timestamp authority. */
export interface Authority {
  /** When everything happens. */
  readonly clock: Date;
  readonly trust: TrustMaterial;
  readonly trustedRoot: string;
  readonly logKey: KeyPair;
  readonly fulcioPem: string;
  readonly ctLogPem: string;
  readonly tsaPem: string;
  issue(
    publicKey: KeyObject,
    options?: { subject?: string; issuer?: string; withoutPromise?: boolean },
  ): Promise<Certificate>;
  log(entry: object): Promise<LoggedEntry>;
  timestamp(data: Uint8Array): Promise<Buffer>;
}

export async function makeAuthority(options: { clock?: Date } = {}): Promise<Authority> {
  const clock = options.clock ?? new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000); // mock roots are valid from now on
  const [caKey, ctKey, logKey, tsaKey] = [makeKeyPair(), makeKeyPair(), makeKeyPair(), makeKeyPair()];
  const ctLog = await initializeCTLog(ctKey, clock);
  const ca = await initializeCA(caKey, ctLog, clock);
  const caWithoutLog = await initializeCA(caKey, undefined, clock);
  const tlog = await initializeTLog("https://rekor.test", logKey, clock);
  const tsa = await initializeTSA(tsaKey, clock);
  const root = Buffer.from(ca.rootCertificate as Buffer);
  const tsaChain = [tsa.intCertificate, tsa.rootCertificate].map((der) => Buffer.from(der as Buffer));
  const trustedRoot = JSON.stringify({
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [toLog("https://rekor.test", logKey)],
    ctlogs: [toLog("https://ct.test", ctKey)],
    certificateAuthorities: [toCa("https://fulcio.test", [root])],
    timestampAuthorities: [toCa("https://tsa.test", tsaChain)],
  });
  return {
    clock,
    trust: parseTrustedRoot(trustedRoot),
    trustedRoot,
    logKey,
    fulcioPem: toPemBlock("CERTIFICATE", root),
    ctLogPem: ctKey.publicKey.export({ type: "spki", format: "pem" }).toString(),
    tsaPem: tsaChain.map((der) => toPemBlock("CERTIFICATE", der)).join(""),
    async issue(publicKey, { subject = workflow, issuer: by = issuer, withoutPromise = false } = {}) {
      const der = await (withoutPromise ? caWithoutLog : ca).issueCertificate({
        publicKey: publicKey.export({ type: "spki", format: "der" }),
        subjectAltName: subject,
        extensions: [
          { oid: "1.3.6.1.4.1.57264.1.1", value: by, legacy: true },
          { oid: "1.3.6.1.4.1.57264.1.5", value: "acme/app", legacy: true },
          { oid: "1.3.6.1.4.1.57264.1.8", value: by },
          { oid: "1.3.6.1.4.1.57264.1.12", value: "https://github.com/acme/app" },
        ],
      });
      return parseCertificate(Buffer.from(der as Buffer));
    },
    async log(entry) {
      return Object.values(await tlog.log(entry))[0] as unknown as LoggedEntry;
    },
    async timestamp(data) {
      const artifactHash = createHash("sha256").update(data).digest();
      const request = {
        artifactHash,
        hashAlgorithmOID: "2.16.840.1.101.3.4.2.1",
        nonce: 1,
        policyOID: "1.3.6.1.4.1.57264.2",
      };
      return Buffer.from((await tsa.timestamp(request)) as Buffer);
    },
  };
}

const validFor = { start: "2020-01-01T00:00:00Z" };

function toLog(baseUrl: string, { publicKey }: KeyPair): object {
  const spki = publicKey.export({ type: "spki", format: "der" });
  return {
    baseUrl,
    hashAlgorithm: "SHA2_256",
    publicKey: { rawBytes: spki.toString("base64"), keyDetails: "PKIX_ECDSA_P256_SHA_256", validFor },
    logId: { keyId: createHash("sha256").update(spki).digest("base64") },
  };
}

function toCa(uri: string, chain: readonly Buffer[]): object {
  const certificates = chain.map((der) => ({ rawBytes: der.toString("base64") }));
  return { subject: { organization: "test", commonName: randomUUID() }, uri, certChain: { certificates }, validFor };
}

export function toPemBlock(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der.toString("base64").replace(/.{1,64}/g, "$&\n")}-----END ${label}-----\n`;
}

/** ECDSA over SHA-256 as cosign signs, or what the key's kind says. */
export function signBytes(privateKey: KeyObject, data: Uint8Array, digest: string | null = "sha256"): Buffer {
  return sign(privateKey.asymmetricKeyType === "ed25519" ? null : digest, data, privateKey);
}
