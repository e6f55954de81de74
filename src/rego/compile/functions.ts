import { builtins, type FunctionType, signatures } from "../builtins/index.ts";
import type { CompileOptions } from "./compiled.ts";
import { defaultForbidden } from "./compiled.ts";

/** What the compiler knows of a function that is not a rule. */
export interface KnownFunction {
  name: string;
  type: FunctionType;
  kind: "builtin" | "external" | "pure";
  relation: boolean;
  nondeterministic: boolean;
  deprecated: boolean;
}

const metadataFunctions = ["rego.metadata.chain", "rego.metadata.rule"];

/** All functions that a compilation's policies may call, by name. */
export class FunctionTable {
  readonly #functions = new Map<string, KnownFunction>();
  readonly forbidden: ReadonlySet<string>;

  constructor(options: Pick<CompileOptions, "externals" | "functions" | "forbidden">) {
    this.forbidden = new Set(options.forbidden ?? defaultForbidden);
    for (const { name, type, relation, nondeterministic, deprecated } of builtins.values()) {
      this.#functions.set(name, {
        name,
        type,
        kind: "builtin",
        relation: relation === true,
        nondeterministic: nondeterministic === true,
        deprecated: deprecated === true,
      });
    }
    for (const [name, type] of Object.entries(signatures)) {
      if (!this.#functions.has(name)) this.#add(name, type, "builtin", true);
    }
    for (const name of metadataFunctions) this.#add(name, { args: [], result: { kind: "any" } }, "builtin");
    this.#add("internal.template_string", { args: [{ kind: "any" }], result: { kind: "string" } }, "builtin");
    this.#add("internal.print", { args: [{ kind: "any" }] }, "builtin", true);
    for (const { name, type } of options.functions ?? []) this.#add(name, type, "pure");
    for (const { name, type } of options.externals ?? []) this.#add(name, type, "external");
  }

  #add(name: string, type: FunctionType, kind: KnownFunction["kind"], nondeterministic = false): void {
    this.#functions.set(name, { name, type, kind, relation: false, nondeterministic, deprecated: false });
  }

  get(name: string): KnownFunction | undefined {
    return this.#functions.get(name);
  }
}
