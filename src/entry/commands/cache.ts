import { createContentStore } from "../../cache/index.ts";
import type { CacheCommandConfiguration } from "../../inputs/index.ts";
import type { Console } from "../console.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Machine } from "../wiring.ts";

/** `sealcheck cache info|prune|verify` */
export async function runCacheCommand(
  configuration: CacheCommandConfiguration,
  machine: Machine,
  console: Console,
  signal: AbortSignal,
): Promise<number> {
  const { directory, maxBytes, action } = configuration;
  const store = createContentStore({ directory, maxBytes, log: machine.log });
  try {
    switch (action) {
      case "info":
        console.writeOut(`${JSON.stringify(await store.info(), undefined, 2)}\n`);
        return exitCodes.passed;
      case "prune": {
        const { removed, freedBytes } = await store.prune({ maxBytes });
        console.writeOut(`${removed} removed, ${freedBytes} bytes freed\n`);
        return exitCodes.passed;
      }
      case "verify": {
        const { checked, corrupt } = await store.verify({ signal });
        console.writeOut(`${checked} checked, ${corrupt} corrupt and removed\n`);
        return corrupt === 0 ? exitCodes.passed : exitCodes.refused;
      }
    }
  } finally {
    await store.close();
  }
}
