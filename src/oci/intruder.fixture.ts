// Asks for everything that another account has in the folder; also run as a process of its own.
import { fileURLToPath } from "node:url";
import { type ContentStore, createContentStore } from "../cache/index.ts";
import { type Digest, silentLog, toErrorMessage } from "../types/index.ts";
import { createTestClient } from "./fake-registry.fixture.ts";
import { parseReference, toPinned } from "./reference.ts";
import type { PullPolicy } from "./registry-client.ts";

export interface Intrusion {
  host: string;
  blob: Digest;
  manifest: Digest;
  password: string;
  pull: PullPolicy;
  offline: boolean;
}

/** What each question came to: the error's code, or what was given. */
export async function intrude(store: ContentStore, intrusion: Intrusion): Promise<Record<string, string>> {
  const { host, blob, manifest, password, pull, offline } = intrusion;
  const signal = new AbortController().signal;
  const credentials = { find: async () => ({ kind: "basic", username: "u", password }) as const };
  const client = createTestClient({ store, credentials, pull, offline });
  const location = { registry: host, repository: "team/app" };
  const limits = { maxBytes: 1e9, signal };
  const tag = parseReference(`${host}/team/app:v1`);
  const questions: Record<string, () => Promise<unknown>> = {
    async openBlob() {
      let given = 0;
      try {
        for await (const piece of await client.openBlob(location, { digest: blob }, limits)) given += piece.length;
      } catch (thrown) {
        if (given === 0) throw thrown;
      }
      return `${given} bytes`;
    },
    fetchBlob: () => client.fetchBlob(location, { digest: blob }, limits),
    fetchManifest: () => client.fetchManifest(toPinned(location, manifest), { signal }),
    resolve: () => client.resolve(tag, { signal }),
    findTag: () => client.findTag(tag, { signal }),
    referrers: () => client.fetchReferrers(toPinned(location, manifest), { signal }),
  };
  const outcomes = Object.entries(questions).map(async ([name, ask]) => {
    const outcome = await ask().then(
      (given) => `given ${given}`,
      (thrown: unknown) => (thrown instanceof Error && "code" in thrown ? String(thrown.code) : toErrorMessage(thrown)),
    );
    return [name, outcome];
  });
  return Object.fromEntries(await Promise.all(outcomes));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory = "", intrusion = ""] = process.argv.slice(2);
  const store = createContentStore({ directory, maxBytes: 1e9, log: silentLog });
  const outcomes = await intrude(store, JSON.parse(intrusion) as Intrusion);
  await store.close();
  // Connections that are kept would keep the process.
  process.send?.(outcomes, () => process.exit());
}
