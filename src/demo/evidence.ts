import type { KeyObject } from "node:crypto";
import type { Digest } from "../types/index.ts";
import type { PushedManifest } from "./image.ts";
import type { PushTarget } from "./target.ts";

export interface KeyPair {
  /** SPKI, PEM. */
  publicKeyPem: string;
  privateKey: KeyObject;
}

/** `tag`: cosign 2's tags `.sig` and `.att`; `bundle`: cosign 3's Sigstore bundles as OCI referrers. */
export type EvidenceFormat = "tag" | "bundle";

/** An in-toto statement (v0.1 or v1). */
export interface Statement {
  _type: string;
  predicateType: string;
  subject: readonly { name?: string; digest: Readonly<Record<string, string>> }[];
  predicate: unknown;
}

export interface EvidenceOptions {
  /** Default `tag`. */
  format?: EvidenceFormat;
  /** `optional` of the simple-signing payload, or annotations of the bundle's subject. */
  annotations?: Readonly<Record<string, string>>;
}

/** Where signature or attestation was stored. */
export interface StoredEvidence {
  digest: Digest;
  /** `registry/repository:sha256-....sig`, or the referrer's pinned reference. */
  reference: string;
}

export type SignedImage = Pick<PushedManifest, "registry" | "repository" | "digest" | "size" | "mediaType">;

export function createKeyPair(): KeyPair {
  throw new Error("not yet");
}

export async function signImage(
  _target: PushTarget,
  _image: SignedImage,
  _key: KeyPair,
  _options: EvidenceOptions = {},
): Promise<StoredEvidence> {
  throw new Error("not yet");
}

export async function attestImage(
  _target: PushTarget,
  _image: SignedImage,
  _statement: Statement,
  _key: KeyPair,
  _options: EvidenceOptions = {},
): Promise<StoredEvidence> {
  throw new Error("not yet");
}
