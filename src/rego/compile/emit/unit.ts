import type { Location } from "../../syntax/index.ts";
import type { Value } from "../../value/index.ts";
import { canonicalKey } from "../../value/index.ts";
import type { CompiledWith, SourceLocation, Watch } from "../compiled.ts";
import { toDocumentKey } from "../document-key.ts";
import type { FunctionTable } from "../functions.ts";
import type { WithClause, WithTarget } from "../ir.ts";
import { type Group, mockKey, type RuleTree, type TreeNode } from "../rule-tree.ts";
import { isInline, isLarge, isPlain, toExpression, toJsonText, toLiteral } from "./literals.ts";
import { WatchTables } from "./watch.ts";

/** How a group is evaluated for the keys that it is asked for. */
export interface Keyed {
  /**
   * Whether a few keys are evaluated one by one, after which evaluating the whole costs less. Otherwise all are: the group needs
   * other keys of itself, or what it asks the host for depends on the key.
   */
  isFew: boolean;
  /** How many keys at the beginning of a path are looked at. */
  most: number;
}

/** What the emitter must know about a whole set of policies. */
export interface Plan {
  tree: RuleTree;
  functions: FunctionTable;
  /** Groups whose value can be pending. */
  pending: ReadonlySet<Group>;
  /** Groups that are evaluated for the keys that they are asked for. */
  keyed: ReadonlyMap<Group, Keyed>;
  /** Names and paths of functions that some `with` replaces, see `mockKey`. */
  mocked: ReadonlySet<string>;
  watch: Watch;
  /** Whether a group itself reads the input or base documents. */
  readsDocuments(group: Group): boolean;
  nodeIndex(node: TreeNode): number;
  /** Groups whose value the targets can change. */
  effectsOf(targets: readonly WithTarget[]): readonly number[];
}

/** Everything that emitted functions share: constants, built-in functions, locations, `with` sites. */
export class EmitUnit {
  readonly plan: Plan;
  readonly lines: string[] = [];
  readonly locations: SourceLocation[] = [];
  readonly withs: CompiledWith[] = [];
  readonly effects: (readonly number[])[] = [];
  /** Large constants as JSON: they are read when they are first needed. */
  readonly texts: string[] = [];
  /** Groups whose evaluation for some keys is needed, and for how many: by the name of the function. */
  readonly keyed = new Map<string, { group: Group; count: number }>();
  readonly builtins = new Set<string>();
  readonly externals = new Set<string>();
  readonly pure = new Set<string>();
  readonly watch: WatchTables;
  readonly #large = new Map<Value, string>();
  readonly #constants = new Map<string, string>();
  readonly #functions = new Map<string, string>();
  readonly #locations = new Map<string, number>();
  readonly #places = new Map<Location, number>();
  readonly #withs = new Map<string, number>();
  readonly #effects = new Map<string, number>();
  #next = 0;

  constructor(plan: Plan) {
    this.plan = plan;
    this.watch = new WatchTables(plan.watch, (place) => this.location(place));
  }

  /** A new identifier. */
  name(prefix: string): string {
    this.#next += 1;
    return `${prefix}${this.#next}`;
  }

  /**
   * A function of the code. In parentheses V8 compiles it together with the whole, which takes less than looking for its end now
   * and reading it again when it is called: most functions of what is reached are called.
   */
  addFunction(name: string, parameters: string, code: string): void {
    this.lines.push(`const ${name}=(function(${parameters}){${code}});`);
  }

  /** A constant as an expression: small ones in place, others by name. */
  constant(value: Value): string {
    if (isInline(value)) return toExpression(value);
    const known = this.#large.get(value);
    if (known !== undefined) return known;
    if (isLarge(value) && isPlain(value)) {
      this.texts.push(toJsonText(value));
      const large = `C(${this.texts.length - 1})`;
      this.#large.set(value, large);
      return large;
    }
    const key = canonicalKey(value);
    let name = this.#constants.get(key);
    if (name === undefined) {
      name = this.name("k");
      this.#constants.set(key, name);
      this.lines.push(`const ${name}=${toExpression(value)};`);
    }
    return name;
  }

  /** The implementation of a built-in or pure function, by name. */
  builtin(name: string): string {
    let identifier = this.#functions.get(name);
    if (identifier === undefined) {
      identifier = this.name("b");
      this.#functions.set(name, identifier);
      const kind = this.plan.functions.get(name)?.kind;
      if (kind === "pure") this.pure.add(name);
      else this.builtins.add(name);
      this.lines.push(`const ${identifier}=K.function(${toLiteral(name)});`);
    }
    return identifier;
  }

  location(place: Location): number {
    let index = this.#places.get(place);
    if (index === undefined) {
      index = this.#addLocation(place);
      this.#places.set(place, index);
    }
    return index;
  }

  #addLocation({ file, row, col }: Location): number {
    const key = `${row}:${col}:${file}`;
    let index = this.#locations.get(key);
    if (index === undefined) {
      index = this.locations.length;
      this.#locations.set(key, index);
      this.locations.push({ file, row, col });
    }
    return index;
  }

  /** The index of what a list of `with` clauses replaces. */
  withSite(clauses: readonly WithClause[]): number {
    const targets = clauses.map(({ target }) => target);
    const key = JSON.stringify(targets);
    let index = this.#withs.get(key);
    if (index === undefined) {
      index = this.withs.length;
      this.#withs.set(key, index);
      this.withs.push({
        targets: targets.map((target) => this.#compileTarget(target)),
        effects: this.#effect(targets),
      });
    }
    return index;
  }

  #compileTarget(target: WithTarget): CompiledWith["targets"][number] {
    const key = mockKey(this.plan.tree, target);
    if (key !== undefined) return { kind: "function", key };
    if (target.kind === "builtin") return { kind: "function", key: target.name };
    return { kind: target.kind, path: target.path.map((step) => toDocumentKey(step) ?? null) };
  }

  #effect(targets: readonly WithTarget[]): number {
    const effects = this.plan.effectsOf(targets);
    const key = effects.join();
    let index = this.#effects.get(key);
    if (index === undefined) {
      index = this.effects.length;
      this.#effects.set(key, index);
      this.effects.push(effects);
    }
    return index;
  }
}
