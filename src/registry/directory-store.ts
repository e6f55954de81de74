import type { RegistryStore } from "./store.ts";

export function createDirectoryStore(_directory: string): RegistryStore {
  throw new Error("not yet");
}
