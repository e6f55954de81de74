import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ContentStore, createContentStore } from "../../../src/cache/index.ts";
import {
  type Credential,
  type CredentialStore,
  createRegistryClient,
  parseReference,
  type RegistryClient,
  type RegistryClientOptions,
} from "../../../src/oci/index.ts";
import { silentLog } from "../../../src/types/index.ts";

export const signal = new AbortController().signal;

/** One credential for everything that is asked. */
export function always(credential: Credential | undefined): CredentialStore {
  return { find: async () => credential };
}

/** A client that waits no longer than a test wants to. */
export function createTestClient(options: Partial<RegistryClientOptions> = {}): RegistryClient {
  return createRegistryClient({
    credentials: always(undefined),
    log: silentLog,
    insecureRegistries: [],
    retry: { maxRetries: 3, baseMs: 1, maxWaitMs: 10, factor: 2, jitter: 0 },
    requestTimeoutMs: 20_000,
    pull: "if-newer",
    offline: false,
    proxy: {},
    ...options,
  });
}

/** A disk cache in a folder of its own. */
export function createTestStore(): { openStore(): ContentStore; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), "sealcheck-store-"));
  return {
    openStore: () => createContentStore({ directory, maxBytes: 64 * 1024 * 1024, log: silentLog }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** What a promise failed with, as its code; `none` where it did not fail. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => "none",
    (thrown: unknown) => (thrown instanceof Error && "code" in thrown ? String(thrown.code) : `no code: ${thrown}`),
  );
}

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

export { parseReference };
