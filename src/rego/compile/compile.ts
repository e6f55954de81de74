import type { Module } from "../syntax/index.ts";
import type { CompiledPolicy, CompileOptions, QueryOptions } from "./compiled.ts";

/**
 * Compiles a set of modules. Throws RegoErrors with every problem that was found, each with OPA's code and position.
 */
export function compileModules(modules: readonly Module[], options: CompileOptions): CompiledPolicy {
  throw new Error(`not ready: ${modules.length} ${String(options)}`);
}

/** Compiles an ad-hoc query together with the modules that it is asked of. */
export function compileQuery(text: string, modules: readonly Module[], options: QueryOptions = {}): CompiledPolicy {
  throw new Error(`not ready: ${text} ${modules.length} ${String(options)}`);
}
