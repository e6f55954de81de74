import { inject } from "vitest";
import { createHttpTarget } from "../../../src/demo/index.ts";
import { startRegistry } from "../../../src/registry/index.ts";
import { type PeerServer, startDistribution, startOlareg } from "../servers.ts";
import { describeRegistryClient, type TestedRegistry } from "./registry-client.contract.ts";

const peers = inject("peers");
const debianRegistry = inject("debianRegistry");

function toTested({ host, stop }: PeerServer): TestedRegistry {
  return { host, target: createHttpTarget({ registry: host }), stop };
}

describeRegistryClient("the embedded registry", {
  isSkipped: false,
  traits: { referrers: "pages-by-count", hasTagPages: true },
  async start() {
    const registry = await startRegistry({ referrersPageSize: 2 });
    return toTested({ host: registry.host, stop: () => registry.close() });
  },
});

describeRegistryClient("the embedded registry without the referrers API", {
  isSkipped: false,
  traits: { referrers: "fallback-tag", hasTagPages: true },
  async start() {
    const registry = await startRegistry({ referrersApi: false });
    return toTested({ host: registry.host, stop: () => registry.close() });
  },
});

describeRegistryClient("CNCF distribution 3", {
  isSkipped: peers === undefined,
  traits: { referrers: "fallback-tag", hasTagPages: true },
  start: async () => toTested(await startDistribution(peers?.registry ?? "")),
});

describeRegistryClient("Debian's distribution 2.8", {
  isSkipped: debianRegistry === undefined,
  traits: { referrers: "fallback-tag", hasTagPages: false },
  start: async () => toTested(await startDistribution(debianRegistry ?? "")),
});

describeRegistryClient("olareg", {
  isSkipped: peers === undefined,
  traits: { referrers: "pages-by-size", hasTagPages: true },
  start: async () => toTested(await startOlareg(peers?.olareg ?? "")),
});
