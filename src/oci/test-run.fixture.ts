import { afterEach, beforeEach } from "vitest";
import { createFakeRegistry, createTestClient, type FakeRegistry } from "./fake-registry.fixture.ts";
import type { RegistryClient } from "./registry-client.ts";

/** A registry that is new for each test of the file that calls this, and gone after it. */
export function useFakeRegistry(): FakeRegistry {
  let current: FakeRegistry | undefined;
  beforeEach(async () => {
    current = await createFakeRegistry();
  });
  afterEach(() => current?.close());
  const registry = (): FakeRegistry => {
    if (current === undefined) throw new Error("the fake registry is there within tests only");
    return current;
  };
  return {
    get host() {
      return registry().host;
    },
    get seen() {
      return registry().seen;
    },
    on: (...args) => registry().on(...args),
    addManifest: (...args) => registry().addManifest(...args),
    addBlob: (...args) => registry().addBlob(...args),
    countOf: (...args) => registry().countOf(...args),
    close: () => registry().close(),
  };
}

/** Gives what makes clients; each is closed after its test. Called after `useFakeRegistry`, they end before it does. */
export function useTestClients(): typeof createTestClient {
  const clients: RegistryClient[] = [];
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });
  return (...args) => {
    const client = createTestClient(...args);
    clients.push(client);
    return client;
  };
}
