import { describe } from "vitest";
import { createMemoryStore } from "./memory-store.ts";
import { describeRegistry } from "./registry.contract.ts";

describe("registry on a memory store", () => describeRegistry(createMemoryStore));
