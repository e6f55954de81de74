import type { RegistryStore } from "./store.ts";

export function createMemoryStore(): RegistryStore {
  throw new Error("not yet");
}
