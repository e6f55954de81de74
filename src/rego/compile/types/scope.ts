import type { ComprehensionTerm, RefTerm, Term, Variable } from "../ir.ts";
import { anyType, type DynamicMember, or, type StaticMember, type Type, typeOfValue } from "./algebra.ts";
import { follow, type TypeTree } from "./type-tree.ts";

/** Types that a rule's annotations give to `input` and `data`. */
export type DocumentOverrides = ReadonlyMap<"input" | "data", Type>;

/** The type of a name that is that of a function, and no rule's. */
export type TypeOfName = (name: string) => Type | undefined;

export interface TypeScopeOptions {
  outer?: TypeScope;
  overrides?: DocumentOverrides | undefined;
  typeOfName?: TypeOfName;
}

/** What is known of a body's variables; the bodies of comprehensions see what is around them. */
export class TypeScope {
  readonly tree: TypeTree;
  readonly overrides: DocumentOverrides | undefined;
  readonly #outer: TypeScope | undefined;
  readonly #typeOfName: TypeOfName | undefined;
  #types: Map<Variable, Type | undefined> | undefined;
  #comprehensions: Map<ComprehensionTerm, Type | undefined> | undefined;
  /** Counts what was learned about variables here. */
  version = 0;

  constructor(tree: TypeTree, options: TypeScopeOptions = {}) {
    this.tree = tree;
    this.#outer = options.outer;
    this.#typeOfName = options.typeOfName;
    this.overrides = options.outer === undefined ? options.overrides : options.outer.overrides;
  }

  /** A scope for what is inside of this one. */
  inner(): TypeScope {
    return new TypeScope(this.tree, { outer: this });
  }

  get(variable: Variable): Type | undefined {
    const known = this.#types?.get(variable) ?? this.#outer?.get(variable);
    if (known !== undefined || variable.isFree !== true) return known;
    // To OPA, names of functions are names in the scope around all rules.
    return this.#typeOfName?.(variable.name);
  }

  set(variable: Variable, type: Type | undefined): void {
    this.version += 1;
    this.#types ??= new Map();
    this.#types.set(variable, type);
  }

  setComprehension(term: ComprehensionTerm, type: Type | undefined): void {
    this.#comprehensions ??= new Map();
    this.#comprehensions.set(term, type);
  }

  /** The type of a term, as far as it is known. */
  of(term: Term): Type | undefined {
    switch (term.kind) {
      case "constant":
        return typeOfValue(term.value);
      case "variable":
        return this.get(term.variable);
      case "array":
        return { kind: "array", static: term.items.map((item) => this.of(item)) };
      case "set": {
        const of = term.items.map((item) => this.of(item)).reduce(or, undefined);
        return { kind: "set", of: of ?? anyType };
      }
      case "object":
        return this.#object(term);
      case "comprehension":
        return this.#comprehensions?.get(term);
      case "ref":
        return this.#ref(term);
    }
  }

  #object(term: Extract<Term, { kind: "object" }>): Type {
    const members: StaticMember[] = [];
    let dynamic: DynamicMember | undefined;
    let last: Term | undefined;
    for (const [key, value] of term.pairs) {
      const type = this.of(value);
      if (key.kind === "constant") members.push({ key: key.value, value: type });
      else if (last === undefined || compareKeys(last, key) <= 0) {
        dynamic = { key: this.of(key), value: type };
        last = key;
      }
    }
    return { kind: "object", static: members, dynamic };
  }

  #ref({ root, operands }: RefTerm): Type | undefined {
    if (typeof root === "string") {
      const override = this.overrides?.get(root);
      if (override !== undefined) return follow(override, operands);
      return root === "input" ? anyType : this.tree.typeAt(operands);
    }
    const type = this.get(root);
    return type === undefined ? undefined : follow(type, operands);
  }

  /** The type of the function at a path below `data`. */
  functionAt(path: readonly string[], location: Term["location"]): Type | undefined {
    const override = this.overrides?.get("data");
    if (override === undefined) return this.tree.functionAt(path);
    return follow(
      override,
      path.map((value) => ({ kind: "constant", value, location })),
    );
  }
}

/**
 * Of several keys that vary, the last in OPA's order says what members there are. Variables are in the order in which OPA names
 * them: those of the module, then what calls give, then what references are bound to.
 */
function compareKeys(a: Term, b: Term): number {
  if (a.kind !== "variable" || b.kind !== "variable") return keyRanks.indexOf(a.kind) - keyRanks.indexOf(b.kind);
  return stageOf(a.variable) - stageOf(b.variable) || a.variable.id - b.variable.id;
}

const keyRanks: readonly Term["kind"][] = ["variable", "array", "object", "set"];

function stageOf({ name, id }: Variable): number {
  if (name !== "") return 0;
  return id > 0 ? 1 : 2;
}
