import type { Expression, Location, Module, WithModifier } from "../../syntax/index.ts";
import type { Value } from "../../value/index.ts";
import type { Statement, Variable, WithClause } from "../ir.ts";
import type { Problems } from "../problems.ts";

type Occurrence = "argument" | "seen" | "assigned" | "declared";

interface Entry {
  variable: Variable;
  occurrence: Occurrence;
  /** How often it was used since it was declared. */
  uses: number;
  /** Where it is said to be unused. */
  location: Location | undefined;
}

/** What is known by name in one scope. */
type Frame = Map<string, Entry>;

/** A name that a module's package or imports give a meaning to. */
export interface Global {
  path: string[];
  used: boolean;
}

/** Hands out variables; ids are unique within a compilation. */
export class VariableFactory {
  #next = 0;

  create(name: string, generated: boolean): Variable {
    this.#next += 1;
    return { id: this.#next, name, generated };
  }

  temporary(): Variable {
    return this.create("", true);
  }
}

/** How the bodies and the `with` modifiers that terms contain are lowered. */
export interface BodyLowering {
  body(scope: Scope, body: readonly Expression[]): Statement[];
  /** What the value needs before goes to `out`. */
  with(scope: Scope, modifier: WithModifier, out: Statement[]): WithClause;
}

/** What all scopes of a compilation share. */
export interface ScopeServices {
  factory: VariableFactory;
  problems: Problems;
  strict: boolean;
  isFunctionName(name: string): boolean;
  /** Whether a function gives several results. */
  isRelation(name: string): boolean;
  lowering: BodyLowering;
}

/**
 * What names mean at a place in a rule: names of the package and imports, unless the rule declares them somewhere; then
 * declared variables, innermost first; then variables of the whole rule that nothing declares.
 */
export class Scope {
  readonly #frames: Frame[] = [];
  readonly #ignored: Set<string>[] = [];
  #hasErrors = false;
  #hasBodyErrors: boolean | undefined;
  readonly #free = new Map<string, Variable>();
  /** What `rego.metadata.chain()` and `rego.metadata.rule()` are in the rule; absent outside of rules. */
  metadata: ((name: "chain" | "rule") => Value) | undefined;
  readonly globals: ReadonlyMap<string, Global>;
  readonly factory: VariableFactory;
  readonly problems: Problems;
  readonly strict: boolean;
  /** Whether a dotted name is a built-in function or one of the host's. */
  readonly isFunctionName: (name: string) => boolean;
  readonly isRelation: (name: string) => boolean;
  readonly lowering: BodyLowering;

  constructor(globals: ReadonlyMap<string, Global>, shared: ScopeServices) {
    this.globals = globals;
    this.factory = shared.factory;
    this.problems = shared.problems;
    this.strict = shared.strict;
    this.isFunctionName = shared.isFunctionName;
    this.isRelation = shared.isRelation;
    this.lowering = shared.lowering;
    this.push();
  }

  push(): void {
    this.#frames.push(new Map());
  }

  /** Ends the innermost scope; in strict mode and for `some`, names that nothing used are reported. */
  pop(): void {
    const frame = this.#frames.pop();
    if (frame !== undefined) this.#reportUnused(frame);
  }

  /** Reports what the outermost scope did not use, which is never popped. */
  finish(): void {
    this.#hasErrors = this.#hasBodyErrors ?? this.#hasErrors;
    for (const frame of this.#frames) this.#reportUnused(frame);
  }

  pushIgnored(names: Set<string>): void {
    this.#ignored.push(names);
  }

  popIgnored(): void {
    this.#ignored.pop();
  }

  /** The package's or import's meaning of a name, where nothing in the rule hides it. */
  findGlobal(name: string): Global | undefined {
    const global = this.globals.get(name);
    if (global === undefined) return undefined;
    for (const names of this.#ignored) if (names.has(name)) return undefined;
    global.used = true;
    return global;
  }

  findDeclared(name: string): Variable | undefined {
    for (let index = this.#frames.length - 1; index >= 0; index -= 1) {
      const entry = (this.#frames[index] as Frame).get(name);
      if (entry !== undefined && entry.occurrence !== "seen") return entry.variable;
    }
    return undefined;
  }

  /** The variable that a name is, at a place where it is used. */
  use(name: string): Variable {
    for (let index = this.#frames.length - 1; index >= 0; index -= 1) {
      const entry = (this.#frames[index] as Frame).get(name);
      if (entry === undefined) continue;
      entry.uses += 1;
      return entry.variable;
    }
    let variable = this.#free.get(name);
    if (variable === undefined) {
      variable = { ...this.factory.create(name.startsWith("$") ? "_" : name, false), isFree: true };
      this.#free.set(name, variable);
    }
    const top = this.#frames[this.#frames.length - 1] as Frame;
    top.set(name, { variable, occurrence: "seen", uses: 1, location: undefined });
    return variable;
  }

  /** Declares a name in the innermost scope; one that nothing uses is reported at `unusedAt`. */
  declare(
    name: string,
    occurrence: "argument" | "assigned" | "declared",
    location: Location,
    unusedAt: Location = location,
  ): Variable {
    const top = this.#frames[this.#frames.length - 1] as Frame;
    const before = top.get(name);
    if (before !== undefined) {
      const said = { seen: "referenced above", assigned: "assigned above", declared: "declared above", argument: "" };
      const isArgument = before.occurrence === "argument";
      const message = isArgument ? `arg ${name} redeclared` : `var ${name} ${said[before.occurrence]}`;
      this.refuse(location, message);
      return before.variable;
    }
    const variable = this.factory.create(name, false);
    top.set(name, { variable, occurrence, uses: 0, location: unusedAt });
    return variable;
  }

  /** Reports a name that is declared or called where it cannot be. */
  refuse(location: Location, message: string): void {
    this.problems.add("rego_compile_error", location, message);
    this.#hasErrors = true;
  }

  /** How often a name of the outermost scope was used. */
  usesOf(name: string): number {
    return this.#frames[0]?.get(name)?.uses ?? 0;
  }

  /** What is wrong in the body does not keep names that a head does not use from being reported, nor the other way round. */
  beginHead(): void {
    this.#hasBodyErrors = this.#hasErrors;
    this.#hasErrors = false;
  }

  /** What the innermost scope declares under the names of variables of the whole rule, by those. */
  lateDeclarations(): Map<Variable, Variable> {
    const late = new Map<Variable, Variable>();
    if (this.#free.size === 0) return late;
    for (const [name, { variable, occurrence }] of this.#frames[this.#frames.length - 1] as Frame) {
      const free = this.#free.get(name);
      if (free !== undefined && occurrence !== "seen") late.set(free, variable);
    }
    return late;
  }

  /** A variable of the whole rule, where the name is one. */
  free(name: string): Variable | undefined {
    return this.#free.get(name);
  }

  /** Like OPA, says nothing about unused names where something else is wrong already. */
  #reportUnused(frame: Frame): void {
    for (const kind of this.strict ? (["assigned", "declared"] as const) : (["declared"] as const)) {
      if (this.#hasErrors) return;
      for (const [name, { uses, occurrence, location }] of frame) {
        if (uses > 0 || occurrence !== kind || location === undefined) continue;
        this.refuse(location, `${kind} var ${name} unused`);
      }
    }
  }
}

/** Names that mean something in a module: rules of its package, and its imports. */
export function toGlobals(module: Pick<Module, "package" | "imports">, exports: Iterable<string>): Map<string, Global> {
  const globals = new Map<string, Global>();
  for (const name of exports) globals.set(name, { path: ["data", ...module.package, name], used: false });
  for (const { path, alias } of module.imports) {
    if (path[0] === "future" || path[0] === "rego") continue;
    globals.set(alias ?? (path[path.length - 1] as string), { path, used: false });
  }
  return globals;
}
