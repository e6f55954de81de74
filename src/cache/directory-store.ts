import type { ContentStore, ContentStoreOptions } from "./content-store.ts";
import { CacheError } from "./errors.ts";

export function createContentStore(_options: ContentStoreOptions): ContentStore {
  throw new CacheError("being built", { code: "digest-mismatch" });
}
