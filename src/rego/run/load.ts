import type { CompiledPolicy } from "../compile/compiled.ts";
import type { LoadedPolicy, LoadOptions } from "./types.ts";

/** Makes compiled policies ready to be evaluated, with their base documents and the host's functions. */
export function loadPolicy(compiled: CompiledPolicy, options: LoadOptions = {}): LoadedPolicy {
  throw new Error(`not ready: ${compiled.format} ${String(options)}`);
}
