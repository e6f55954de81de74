import { calls, type Kind } from "./calls.ts";
import { deepShapes } from "./deep-shapes.ts";
import { comparisons, type Kit, type KnownFunction, type KnownRule, numbers, type Scope, words } from "./kit.ts";
import { imports } from "./library.ts";
import { fixed, list, type Piece, term } from "./pieces.ts";
import type { Random } from "./random.ts";
import { ifBody, join, structuralShapes } from "./shapes.ts";
import { valueShapes } from "./value-shapes.ts";

const shapes = [...structuralShapes, ...valueShapes, ...deepShapes];

/** A program with what it is asked about. */
export interface Program {
  seed: number;
  module: Piece;
  /** JSON. */
  input: unknown;
}

export interface GeneratorOptions {
  /** A function of the host that is called, `host.fetch`; none is where there is no name. */
  external?: string;
}

/** Kinds that a term may be given where any will do. */
const concrete: readonly Kind[] = ["number", "number", "string", "string", "boolean", "array", "object", "set"];

/** The base document below `data.base`. */
export const baseDocument = {
  list: [1, 2, 3, "a", null],
  map: { a: 1, b: { c: [1, 2], d: "x" }, "a.b": false },
  nested: [{ id: "a", n: 1 }, { id: "b", n: 2, tags: ["x", "y"] }, { id: "c" }],
  graph: { a: ["b"], b: ["c", "a"], c: [] },
  on: true,
  off: false,
  none: null,
};

/** Makes one small program of rules and functions of every kind; some do not compile, on purpose. */
export function generateProgram(seed: number, random: Random, options: GeneratorOptions = {}): Program {
  const maker = new Maker(random, { wrong: random.chance(0.75) ? 0 : 0.01, ...options });
  return { seed, module: maker.module(), input: maker.json(3) };
}

class Maker {
  readonly #random: Random;
  readonly #rules: KnownRule[] = [];
  readonly #functions: KnownFunction[] = [];
  readonly #isImporting: boolean;
  /** How many rules have one of the shapes. */
  readonly #shaped: number;
  /** How often a name or a type is wrong. */
  readonly #wrong: number;
  readonly #external: string | undefined;
  #names = 0;

  constructor(random: Random, { wrong, external }: GeneratorOptions & { wrong: number }) {
    this.#random = random;
    this.#wrong = wrong;
    this.#external = external;
    this.#isImporting = random.chance(0.3);
    this.#shaped = random.pick([0.2, 0.5, 1]);
  }

  module(): Piece {
    const rules = this.#random.times(1 + this.#random.below(5), (index) => this.#rule(index));
    return fixed("package p\n\n", this.#isImporting ? `${imports}\n` : "", list(rules, "\n", 1), "\n");
  }

  #kit(): Kit {
    return {
      random: this.#random,
      rules: this.#rules,
      functions: this.#functions,
      isImporting: this.#isImporting,
      constant: (depth) => this.#constant(depth),
      term: (kind, depth, scope) => this.#term(kind, depth, scope),
      body: (scope, max) => this.#body(scope, max),
      fresh: (scope, kind) => this.#fresh(scope, kind),
      reference: (scope, depth) => this.#reference(scope, depth),
    };
  }

  json(depth: number): unknown {
    const random = this.#random;
    const value = (): unknown => this.#jsonValue(depth - 1);
    const full = {
      n: random.pick([0, 1, 2, -1, 1.5]),
      s: random.pick(words),
      l: random.times(random.below(4), value),
      o: Object.fromEntries(random.times(random.below(4), () => [random.pick(["a", "b", "c", "x"]), value()])),
      t: random.pick([true, false, null]),
      d: { e: { f: value() }, a: [value(), { b: value() }] },
    };
    return Object.fromEntries(Object.entries(full).filter(() => random.chance(0.85)));
  }

  #jsonValue(depth: number): unknown {
    const random = this.#random;
    const make = random.choose<() => unknown>([
      [4, () => random.pick([0, 1, 2, 3, -1, 2.5, 100])],
      [4, () => random.pick(words)],
      [1, () => random.pick([true, false, null])],
      [depth > 0 ? 2 : 0, () => random.times(random.below(4), () => this.#jsonValue(depth - 1))],
      [
        depth > 0 ? 2 : 0,
        () =>
          Object.fromEntries(
            random.times(random.below(3), () => [random.pick(["a", "b", "c"]), this.#jsonValue(depth - 1)]),
          ),
      ],
    ]);
    return make();
  }

  #rule(index: number): Piece {
    if (this.#random.chance(this.#shaped)) return this.#random.choose(shapes)(this.#kit(), index);
    const name = `r${index}`;
    const kind = this.#random.choose<"complete" | "set" | "object" | "deep" | "function" | "deepSet">([
      [4, "complete"],
      [3, "set"],
      [3, "object"],
      [1, "deep"],
      [1, "deepSet"],
      [3, "function"],
    ]);
    if (kind === "function") return this.#function(`f${index}`);
    const bodies = this.#random.times(1 + this.#random.below(3), () => this.#clause(name, kind));
    const known: KnownRule = { name, kind: kind === "deepSet" ? "deep" : kind };
    const withDefault =
      kind === "complete" && this.#random.chance(0.3)
        ? [fixed(`default ${name} := `, this.#constant(1), "\n"), ...bodies]
        : bodies;
    this.#rules.push(known);
    return list(withDefault, "", 0);
  }

  #clause(name: string, kind: KnownRule["kind"] | "deepSet"): Piece {
    const scope: Scope = { bound: [] };
    const body = this.#random.chance(0.15) ? [] : this.#body(scope, 3);
    const value = () => this.#term("any", 2, scope);
    const key = () => this.#random.pick([value, () => this.#term("string", 1, scope)])();
    switch (kind) {
      case "complete": {
        const isTrue = this.#random.chance(0.25) && body.length > 0;
        const head = isTrue ? fixed(name) : fixed(`${name} := `, value());
        if (this.#random.chance(0.3) && body.length > 0) return fixed(head, ifBody(body), ...this.#elses(2));
        return fixed(head, ifBody(body), "\n");
      }
      case "set":
        return fixed(`${name} contains `, value(), ifBody(body), "\n");
      case "object":
        return fixed(`${name}[`, key(), "] := ", value(), ifBody(body), "\n");
      case "deep":
        return fixed(`${name}.`, this.#random.pick(["a", "b"]), "[", key(), "] := ", value(), ifBody(body), "\n");
      case "deepSet":
        return fixed(`${name}[`, key(), "] contains ", value(), ifBody(body), "\n");
    }
  }

  #elses(max: number): Piece[] {
    const count = 1 + this.#random.below(max);
    const branches = this.#random.times(count, (index) => {
      const scope: Scope = { bound: [] };
      const body = index === count - 1 && this.#random.chance(0.4) ? [] : this.#body(scope, 2);
      const head = this.#random.chance(0.8) ? fixed(" else := ", this.#term("any", 1, scope)) : fixed(" else");
      return fixed(head, ifBody(body.length === 0 ? [fixed("true")] : body));
    });
    return [list(branches, "", 0), fixed("\n")];
  }

  #function(name: string): Piece {
    const arity = 1 + this.#random.below(2);
    const clauses = this.#random.times(1 + this.#random.below(3), () => {
      const scope: Scope = { bound: [] };
      const patterns = this.#random.times(arity, () => this.#parameter(scope));
      const body = this.#random.chance(0.3) ? [] : this.#body(scope, 2);
      const head = fixed(`${name}(`, join(patterns), ") := ", this.#term("any", 2, scope));
      const hasElse = body.length > 0 && this.#random.chance(0.2);
      return fixed(head, ifBody(body), ...(hasElse ? this.#functionElse(scope) : ["\n"]));
    });
    if (this.#random.chance(0.15)) {
      const parameters = this.#random.times(arity, () => "_").join(", ");
      clauses.push(fixed(`default ${name}(${parameters}) := `, this.#constant(1), "\n"));
    }
    this.#functions.push({ name, arity });
    return list(clauses, "", 0);
  }

  #functionElse(outer: Scope): (Piece | string)[] {
    return [" else := ", this.#term("any", 1, { bound: outer.bound.filter(({ name }) => name.startsWith("p")) }), "\n"];
  }

  #parameter(scope: Scope): Piece {
    const fresh = (): Piece => {
      const name = `p${this.#names++}`;
      scope.bound.push({ name, kind: "any" });
      return fixed(name);
    };
    const make = this.#random.choose<() => Piece>([
      [6, fresh],
      [1, () => this.#constant(1)],
      [1, () => fixed("_")],
      [1, () => fixed("[", fresh(), ", ", fresh(), "]")],
      [1, () => fixed('{"a": ', fresh(), "}")],
    ]);
    return make();
  }

  #body(scope: Scope, max: number): Piece[] {
    const literals = this.#random.times(1 + this.#random.below(max), () => this.#literal(scope, 2));
    return this.#random.chance(0.06) ? this.#random.shuffle(literals) : literals;
  }

  #fresh(scope: Scope, kind: Kind = "any"): string {
    const name = this.#random.chance(this.#wrong) ? this.#random.pick(["v0", "r0", "x"]) : `v${this.#names++}`;
    scope.bound.push({ name, kind });
    return name;
  }

  #literal(scope: Scope, depth: number): Piece {
    const random = this.#random;
    const inner = (kind: Kind) => this.#term(kind, depth - 1, scope);
    /** A term that does not see the name that it is given to. */
    const named = (kind: Kind, make: (value: Piece, name: string) => Piece): Piece => {
      const value = inner(kind);
      return make(value, this.#fresh(scope, kind));
    };
    const dynamic = () => this.#reference(scope, depth - 1);
    const make = random.choose<() => Piece>([
      [4, () => named(random.pick(concrete), (value, name) => fixed(`${name} := `, value))],
      [2, () => named(random.pick(concrete), (value, name) => fixed(`${name} = `, value))],
      [1, () => this.#pattern(scope, depth)],
      [1, () => fixed(dynamic(), " = ", inner("any"))],
      [3, () => this.#some(scope, depth)],
      [1, () => this.#iteration(scope, depth)],
      [3, () => this.#comparison(scope, depth - 1)],
      [2, () => fixed(inner("any"), " in ", this.#collection(scope, depth - 1))],
      [1, () => this.#every(scope, depth)],
      [2, () => fixed("not ", this.#negatable(scope, depth))],
      [1, () => this.#with(scope, depth)],
      [1, () => this.#walk(scope, depth)],
      [2, () => inner("any")],
    ]);
    return make();
  }

  #pattern(scope: Scope, depth: number): Piece {
    const value = this.#random.chance(0.7) ? this.#reference(scope, depth - 1) : undefined;
    const inner = this.#term("any", 1, scope);
    const key = this.#random.pick(["a", "b", "x"]);
    if (this.#random.chance(0.5)) {
      const whole = value ?? fixed("[", this.#term("any", 1, scope), ", ", inner, "]");
      return fixed(`[${this.#fresh(scope)}, `, inner, "] = ", whole);
    }
    const fallback = () => fixed(`{"${key}": `, this.#term("any", 1, { bound: [] }), "}");
    return fixed(`{"${key}": ${this.#fresh(scope)}} = `, value ?? fallback());
  }

  /** Equal kinds: the checker refuses to compare what can never be equal. */
  #comparison(scope: Scope, depth: number): Piece {
    const kind = this.#random.pick(concrete);
    const other = this.#random.chance(this.#wrong) ? "any" : kind;
    return fixed(
      this.#term(kind, depth, scope),
      ` ${this.#random.pick(comparisons)} `,
      this.#term(other, depth, scope),
    );
  }

  #negatable(scope: Scope, depth: number): Piece {
    const copy: Scope = { bound: [...scope.bound], still: true };
    return this.#random.choose<() => Piece>([
      [2, () => this.#term("any", depth, copy)],
      [2, () => this.#comparison(copy, 1)],
      [1, () => fixed(this.#term("any", 1, copy), " in ", this.#collection(copy, 1))],
    ])();
  }

  #some(scope: Scope, depth: number): Piece {
    const collection = this.#collection(scope, depth - 1);
    if (this.#random.chance(0.5)) return fixed(`some ${this.#fresh(scope)} in `, collection);
    const key = this.#random.chance(0.8) ? this.#fresh(scope) : "_";
    return fixed(`some ${key}, ${this.#fresh(scope)} in `, collection);
  }

  /** A reference with names that have no value yet. */
  #iteration(scope: Scope, depth: number): Piece {
    const base = this.#reference(scope, depth - 1);
    const isNamed = this.#random.chance(0.7);
    const name = isNamed ? this.#fresh(scope) : "_";
    const declared = isNamed && this.#random.chance(0.5) ? fixed(`some ${name}\n  `) : fixed("");
    return fixed(declared, `${this.#fresh(scope)} := `, base, `[${name}]`);
  }

  #every(scope: Scope, depth: number): Piece {
    const collection = this.#collection(scope, depth - 1);
    const copy: Scope = { bound: [...scope.bound] };
    const key = this.#random.chance(0.5) ? undefined : this.#fresh(copy);
    const value = this.#fresh(copy);
    const first = fixed(value, ` ${this.#random.pick(comparisons)} `, key ?? this.#term("any", 1, copy));
    const body = list([first, ...this.#body(copy, 2)], "; ", 1);
    return fixed(`every ${key === undefined ? "" : `${key}, `}${value} in `, collection, " { ", body, " }");
  }

  #with(scope: Scope, depth: number): Piece {
    const random = this.#random;
    const outer: Scope = random.chance(this.#wrong) ? scope : { bound: [...scope.bound] };
    const isNegated = random.chance(0.25);
    const value = this.#term(random.pick(concrete), depth, outer);
    const expression =
      random.chance(0.5) && !isNegated ? fixed(`${this.#fresh(scope)} := `, value) : this.#negatable(outer, depth - 1);
    const targets = ["input", "input.n", "input.o", "input.d.e", "data.base.map", "data.base.list", "data.base.new.x"];
    const clauses = random.times(1 + random.below(2), () => {
      if (random.chance(0.2)) {
        const mock = random.pick(["1", '"m"', "is_string", "upper", ...this.#functions.map(({ name }) => name)]);
        return fixed(` with ${random.pick(["count", "upper", "lower", "abs"])} as ${mock}`);
      }
      const rule =
        random.chance(0.15) && this.#rules.length > 0 ? `data.p.${random.pick(this.#rules).name}` : undefined;
      return fixed(` with ${rule ?? random.pick(targets)} as `, this.#term("any", 1, outer));
    });
    return fixed(isNegated ? "not " : "", expression, list(clauses, "", 1));
  }

  #walk(scope: Scope, depth: number): Piece {
    const value = this.#term("any", depth - 1, scope);
    const path = this.#random.chance(0.7) ? this.#fresh(scope) : "_";
    return fixed("walk(", value, `, [${path}, ${this.#fresh(scope)}])`);
  }

  #collection(scope: Scope, depth: number): Piece {
    return this.#random.choose<() => Piece>([
      [3, () => this.#reference(scope, depth)],
      [2, () => this.#term("array", depth, scope)],
      [2, () => this.#term("set", depth, scope)],
      [2, () => this.#term("object", depth, scope)],
    ])();
  }

  /** A reference to something that is likely to have members. */
  #reference(scope: Scope, depth: number): Piece {
    const random = this.#random;
    const documents = ["input.l", "input.o", "input.d", "input", "data.base.list", "data.base.map", "data.base.nested"];
    return random.choose<() => Piece>([
      [4, () => fixed(random.pick(documents))],
      [this.#rules.length > 0 ? 3 : 0, () => this.#ruleReference(scope, depth)],
      [scope.bound.some(({ kind }) => kind === "any") ? 2 : 0, () => fixed(this.#local(scope, "any") ?? "input")],
    ])();
  }

  /** A name whose value may be of the kind. */
  #local(scope: Scope, wanted: Kind): string | undefined {
    const isWrong = this.#random.chance(this.#wrong);
    const fitting = scope.bound.filter(({ kind }) => isWrong || kind === "any" || fits(kind, wanted));
    return fitting.length === 0 ? undefined : this.#random.pick(fitting).name;
  }

  #ruleReference(scope: Scope, depth: number): Piece {
    const { name, kind } = this.#random.pick(this.#rules);
    const whole = fixed(this.#random.chance(0.8) ? name : `data.p.${name}`);
    if (kind === "complete" || this.#random.chance(0.4)) return whole;
    return fixed(whole, "[", this.#term("any", depth - 1, scope), "]");
  }

  #constant(depth: number): Piece {
    const random = this.#random;
    return random.choose<() => Piece>([
      [3, () => term(random.pick(numbers))],
      [3, () => term(JSON.stringify(random.pick(words)))],
      [2, () => term(random.pick(["true", "false", "null"]))],
      [depth > 0 ? 1 : 0, () => term("[", this.#constant(0), "]")],
      [depth > 0 ? 1 : 0, () => term('{"a": ', this.#constant(0), "}")],
      [depth > 0 ? 1 : 0, () => term("{", this.#constant(0), "}")],
    ])();
  }

  #term(kind: Kind, depth: number, scope: Scope): Piece {
    const random = this.#random;
    if (kind === "small") return term(random.pick(["0", "1", "2", "3", "7", "-1", "1.5", "10", "16"]));
    if (random.chance(this.#wrong)) return term(random.pick(["x", "unknown", "v99", '"wrong"', "[1]", "7"]));
    const open = depth > 0 ? 1 : 0;
    const inner = (wanted: Kind) => this.#term(wanted, depth - 1, scope);
    const when = (kinds: readonly Kind[], weight: number) =>
      kind === "any" || kinds.includes(kind) ? weight * open : 0;
    const local = this.#local(scope, kind);
    return random.choose<() => Piece>([
      [3, () => this.#literalTerm(kind, depth, scope)],
      [local === undefined ? 0 : 5, () => term(local ?? "")],
      [2, () => this.#documentTerm(scope, depth)],
      [this.#rules.length > 0 && kind === "any" ? 2 * open : 0, () => term(this.#ruleReference(scope, depth))],
      [3 * open, () => this.#call(kind, depth, scope)],
      [this.#external === undefined ? 0 : 5 * open, () => term(`${this.#external}(`, inner("any"), ")")],
      [this.#functions.length > 0 && kind === "any" ? 3 * open : 0, () => this.#functionCall(depth, scope)],
      [
        when(["number"], 2),
        () => term("(", inner("number"), ` ${random.pick(["+", "-", "*", "/", "%"])} `, inner("number"), ")"),
      ],
      [when(["set"], 1), () => term("(", inner("set"), ` ${random.pick(["-", "&", "|"])} `, inner("set"), ")")],
      [when(["array", "set", "object"], 3), () => this.#comprehension(kind, depth, scope)],
      [when(["boolean"], 1), () => term("(", this.#comparison(scope, depth - 1), ")")],
      [when(["string"], 1), () => term('$"<{', this.#term("any", depth - 1, { ...scope, still: true }), '}>"')],
    ])();
  }

  #documentTerm(scope: Scope, depth: number): Piece {
    const random = this.#random;
    const simple = ["input.n", "input.s", "input.t", "input.o.a", "input.d.e.f", "data.base.on", "data.base.off"];
    const iterating = ["input.l[_]", "data.base.nested[_].id", "data.base.map[_]", "data.base.list[_]", "input.o[_]"];
    return random.choose<() => Piece>([
      [4, () => term(random.pick(simple))],
      [2, () => term(this.#reference(scope, depth))],
      [scope.still === true ? 0 : 1, () => term(random.pick(iterating))],
      [1, () => term(this.#reference(scope, depth), "[", this.#term("any", 0, scope), "]")],
    ])();
  }

  #literalTerm(kind: Kind, depth: number, scope: Scope): Piece {
    const random = this.#random;
    const size = depth > 0 ? random.below(4) : random.below(2);
    const members = (wanted: Kind, min: number) =>
      list(
        random.times(Math.max(min, size), () => this.#term(wanted, depth - 1, scope)),
        ", ",
        min,
      );
    switch (kind) {
      case "number":
      case "small":
        return term(random.pick(numbers));
      case "string":
        return term(JSON.stringify(random.pick(words)));
      case "boolean":
        return term(random.pick(["true", "false"]));
      case "array":
        return term("[", members("any", 0), "]");
      case "numbers":
        return term("[", members("number", 0), "]");
      case "strings":
        return term("[", members("string", 0), "]");
      case "set":
        return random.chance(0.1) ? term("set()") : term("{", members("any", 1), "}");
      case "object": {
        const entries = random.times(size, () => {
          const key = random.chance(0.8) ? term(JSON.stringify(random.pick(words))) : this.#term("any", 0, scope);
          return fixed(key, ": ", this.#term("any", depth - 1, scope));
        });
        return term("{", list(entries, ", ", 0), "}");
      }
      case "any":
        return this.#literalTerm(random.pick(concrete), depth, scope);
    }
  }

  #call(kind: Kind, depth: number, scope: Scope): Piece {
    const fitting = calls.filter(([, , result]) => kind === "any" || fits(result, kind));
    if (fitting.length === 0) return this.#literalTerm(kind, depth, scope);
    const [name, args] = this.#random.pick(fitting);
    return term(`${name}(`, join(args.map((wanted) => this.#term(wanted, depth - 1, scope))), ")");
  }

  #functionCall(depth: number, scope: Scope): Piece {
    const { name, arity } = this.#random.pick(this.#functions);
    return term(`${name}(`, join(this.#random.times(arity, () => this.#term("any", depth - 1, scope))), ")");
  }

  #comprehension(kind: Kind, depth: number, scope: Scope): Piece {
    const copy: Scope = { bound: [...scope.bound] };
    const body = list(this.#body(copy, 2), "; ", 1);
    const value = () => this.#term("any", depth - 1, copy);
    return this.#random.choose<() => Piece>([
      [kind === "array" || kind === "any" ? 2 : 0, () => term("[", value(), " | ", body, "]")],
      [kind === "set" || kind === "any" ? 2 : 0, () => term("{", value(), " | ", body, "}")],
      [kind === "object" || kind === "any" ? 1 : 0, () => term("{", value(), ": ", value(), " | ", body, "}")],
    ])();
  }
}

function fits(kind: Kind, wanted: Kind): boolean {
  return kind === wanted || (wanted === "array" && (kind === "numbers" || kind === "strings"));
}
