import type { Kit, KnownRule, Scope } from "./kit.ts";
import { fixed, list, type Piece } from "./pieces.ts";

/** Makes rules of a name that ends with the number, `r7` or `f7`, and adds them to those that others may refer to. */
export type Shape = (kit: Kit, index: number) => Piece;

/** Text of a body, one expression in a line. */
export function ifBody(body: readonly Piece[]): Piece {
  if (body.length === 0) return fixed("");
  return fixed(" if {\n  ", list(body, "\n  ", 1), "\n}");
}

export function join(pieces: readonly Piece[]): Piece {
  return list(pieces, ", ", pieces.length);
}

/** Several rules of one name that others may refer to. */
export function rulesOf(kit: Kit, known: KnownRule, clauses: readonly Piece[]): Piece {
  kit.rules.push(known);
  return list(clauses, "", 1);
}

/** What functions of patterns are called with, so that some of them match. */
const samples = ["1", "2", '"a"', "[1, 2]", '{"a": 1}', '{"a": {"b": 2}}', "null", "[[1], [2]]", "input.l", "input.o"];

function pattern(kit: Kit, scope: Scope, depth: number): Piece {
  const { random } = kit;
  const inner = () => pattern(kit, scope, depth - 1);
  const open = depth > 0 ? 2 : 0;
  return random.choose<() => Piece>([
    [3, () => fixed(kit.fresh(scope))],
    [3, () => fixed(random.pick(["1", "2", '"a"', "null", "true", "1.5"]))],
    [1, () => fixed("_")],
    [open, () => fixed("[", inner(), ", ", inner(), "]")],
    [open, () => fixed('{"a": ', inner(), "}")],
    [open / 2, () => fixed('{"a": ', inner(), ', "b": ', inner(), "}")],
    [open / 2, () => fixed(random.pick(["[1, 2]", '{"a": 1}', "[]", "{}", '{"a": {"b": 2}}']))],
  ])();
}

function elseBranches(kit: Kit, scope: Scope, count: number): Piece[] {
  return kit.random.times(count, () => {
    const own: Scope = { bound: [...scope.bound] };
    const body = kit.body(own, 2);
    return fixed(" else := ", kit.term("any", 1, own), ifBody(body));
  });
}

const patternFunction: Shape = (kit, index) => {
  const { random } = kit;
  const name = `f${index}`;
  const clauses = random.times(2 + random.below(4), () => {
    const scope: Scope = { bound: [] };
    const args = [pattern(kit, scope, 2), random.chance(0.6) ? fixed("_") : pattern(kit, scope, 1)];
    const parameters: Scope = { bound: [...scope.bound] };
    const body = random.chance(0.5) ? [] : kit.body(scope, 2);
    const value = random.chance(0.5) ? kit.constant(0) : kit.term("any", 1, scope);
    const others = body.length > 0 && random.chance(0.3) ? elseBranches(kit, parameters, 1 + random.below(3)) : [];
    return fixed(`${name}(`, join(args), ") := ", value, ifBody(body), ...others, "\n");
  });
  if (random.chance(0.3)) clauses.push(fixed(`default ${name}(_, _) := `, kit.constant(1), "\n"));
  kit.functions.push({ name, arity: 2 });
  const items = list(
    random
      .shuffle(samples)
      .slice(0, 3 + random.below(4))
      .map((text) => fixed(text)),
    ", ",
    1,
  );
  const call = fixed(`r${index} := [v | some x in [`, items, `]; v := ${name}(x, input.n)]\n`);
  return fixed(list(clauses, "", 1), rulesOf(kit, { name: `r${index}`, kind: "complete" }, [call]));
};

const elseChain: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const scope: Scope = { bound: [] };
  const condition = fixed(random.pick(["input.n == 1", 'input.s == "a"', "input.t", "not input.d.e.f", "1 == 2"]));
  const branches = elseBranches(kit, { bound: [] }, 2 + random.below(3));
  const first = fixed(`${name} := `, kit.term("any", 1, scope), ifBody([condition, ...kit.body(scope, 1)]));
  return rulesOf(kit, { name, kind: "complete" }, [fixed(first, list(branches, "", 1), "\n")]);
};

const deepHeads: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const isSet = random.chance(0.4);
  const clauses = random.times(2 + random.below(2), () => {
    const scope: Scope = { bound: [] };
    const [key, other] = [kit.fresh(scope, "any"), kit.fresh(scope, "any")];
    const head = random.pick([`.a[${key}].c`, `[${key}].b`, `.a[${key}][${other}]`, `[${key}][${other}].c`, ".a.x.c"]);
    const source = random.chance(0.5) ? fixed('{"a": 1, "b": [1], "x": {"c": 2}}') : kit.reference({ bound: [] }, 1);
    const some = fixed(`some ${key}, ${other} in `, source);
    const extra = random.chance(0.4) ? kit.body(scope, 1) : [];
    const value = kit.term("any", 1, scope);
    return fixed(`${name}${head} ${isSet ? "contains" : ":="} `, value, ifBody([some, ...extra]), "\n");
  });
  if (random.chance(0.5)) {
    const path = random.pick([".a.x", ".a[_].c", ".a[x].c", "[x].b", "[_][_]", ".a", '["a"]["b"]']);
    const iterated = path.includes("x]") ? `some x; v := ${name}${path}` : `v := ${name}${path}`;
    clauses.push(fixed(`q${index} := {v | ${iterated}}\n`));
  }
  return rulesOf(kit, { name, kind: "deep" }, clauses);
};

/** Enough rules that one path tells apart for a table of them. */
const ruleTable: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const path = random.pick(["input.n", "input.n", "input.s", "input.d.e.f", "input.l[0]", "data.base.map.a"]);
  const form = random.pick(["complete", "set", "object", "function", "function"] as const);
  const key = (at: number): string =>
    random.chance(0.3) ? JSON.stringify(random.pick(["a", "b", "x", "", "é"])) : `${random.chance(0.2) ? 1 : at - 2}`;
  const heads = {
    complete: () => name,
    set: () => `${name} contains `,
    object: () => `${name}[${random.pick(['"a"', '"b"', "1"])}]`,
    function: (at: number) => `f${index}(${key(at)})`,
  };
  const clauses = random.times(32 + random.below(6), (at) => {
    const scope: Scope = { bound: [] };
    const conditions: Piece[] = [];
    const compare = random.pick([`${path} == ${key(at)}`, `${key(at)} == ${path}`, `${path} = ${key(at)}`]);
    if (form !== "function" && random.chance(0.95)) {
      conditions.push(fixed(random.chance(0.08) ? `${path} in [${key(at)}, ${key(at)}]` : compare));
    }
    if (random.chance(0.15)) conditions.push(...kit.body(scope, 1));
    if (random.chance(0.1)) conditions.reverse();
    const value = random.chance(0.6)
      ? fixed(String(at % 5))
      : random.chance(0.7)
        ? fixed("1")
        : kit.term("any", 1, scope);
    const sign = form === "set" ? "" : " := ";
    return fixed(heads[form](at), sign, value, ifBody(conditions), "\n");
  });
  if (form !== "function") {
    return rulesOf(kit, { name, kind: form }, clauses);
  }
  kit.functions.push({ name: `f${index}`, arity: 1 });
  const call = fixed(`${name} := [v | some x in [1, 2, "a", ${path}]; v := f${index}(x)]\n`);
  return fixed(list(clauses, "", 1), rulesOf(kit, { name, kind: "complete" }, [call]));
};

/** Comprehensions that are looked up by what the loop around them binds. */
const groupBy: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const lists = [
    "data.base.nested",
    '[{"k": 1, "v": "a"}, {"k": 2, "v": "b"}, {"k": 1, "v": input.n}, {"k": "x"}]',
    "[[1, 2], [1, 3], [2, input.n]]",
    "input.l",
    "input.d",
  ];
  const outer = random.pick(lists);
  const inner = random.chance(0.7) ? outer : random.pick(lists);
  const field = outer.startsWith("[[") ? "[0]" : outer === "data.base.nested" ? random.pick([".id", ".n"]) : ".k";
  const equal = random.pick([
    `y${field} == x${field}`,
    `x${field} == y${field}`,
    `y${field} = k`,
    `k == y${field}`,
    `k := y${field}; true`,
    `l := y${field}; l == k`,
    "y == x",
  ]);
  const scope: Scope = {
    bound: [
      { name: "x", kind: "any" },
      { name: "k", kind: "any" },
    ],
  };
  const own: Scope = { bound: [...scope.bound, { name: "y", kind: "any" }] };
  const value = random.chance(0.6) ? fixed("y") : kit.term("any", 1, own);
  const more = random.chance(0.3) ? [fixed(equal), ...kit.body(own, 1)] : [fixed(equal)];
  const body = list([fixed(`some y in ${inner}`), ...more], "; ", 1);
  const nested = random.chance(0.25) ? [fixed(`z := {w | some w in ${outer}; w == y}`)] : [];
  const whole = list([body, ...nested], "; ", 1);
  const forms: (() => Piece)[] = [
    () => fixed("[", value, " | ", whole, "]"),
    () => fixed("{", value, " | ", whole, "}"),
    () => fixed("{", random.pick(["y", `y${field}`, "i"]), ": ", value, " | some i; ", whole, "; i = k}"),
  ];
  const found = fixed("vs := ", random.pick(forms)());
  const loop = [fixed(`some x in ${outer}`), fixed(`k := x${field}`), found];
  const last = random.chance(0.3) ? kit.body({ bound: [...scope.bound, { name: "vs", kind: "any" }] }, 1) : [];
  return random.chance(0.5)
    ? rulesOf(kit, { name, kind: "object" }, [fixed(`${name}[k] := vs`, ifBody([...loop, ...last]), "\n")])
    : rulesOf(kit, { name, kind: "set" }, [fixed(`${name} contains [k, vs]`, ifBody([...loop, ...last]), "\n")]);
};

const everyPair: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const scope: Scope = {
    bound: [
      { name: "k", kind: "any" },
      { name: "v", kind: "any" },
    ],
  };
  const collection = kit.reference({ bound: [] }, 1);
  const body = list(
    [fixed(random.pick(["v != k", "v > k", "k >= 0", "is_string(k)"])), ...kit.body(scope, 1)],
    "; ",
    1,
  );
  const value = kit.term("any", 1, { bound: [] });
  const statements = [fixed("every k, v in ", collection, " { ", body, " }")];
  return rulesOf(kit, { name, kind: "complete" }, [fixed(`${name} := `, value, ifBody(statements), "\n")]);
};

const somePair: Shape = (kit, index) => {
  const name = `r${index}`;
  const scope: Scope = {
    bound: [
      { name: "k", kind: "any" },
      { name: "v", kind: "any" },
    ],
  };
  const key = kit.random.pick(["k", "k", '"a"', "1", "[a, 1]"]);
  const value = kit.random.pick(["v", "v", "[v, _]", '{"b": v}']);
  if (key !== "k") scope.bound.shift();
  const statements = [fixed(`some ${key}, ${value} in `, kit.reference({ bound: [] }, 1)), ...kit.body(scope, 1)];
  return rulesOf(kit, { name, kind: "set" }, [
    fixed(`${name} contains `, kit.term("any", 1, scope), ifBody(statements), "\n"),
  ]);
};

const mocked: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const scope: Scope = { bound: [] };
  // A function, another one for its place, and a rule that calls it.
  const [called, other, caller] = [`f${index}`, `g${index}`, `h${index}`];
  const definitions = [
    fixed(`${called}(x) := [x, `, kit.term("any", 1, scope), "]\n"),
    fixed(`${other}(x) := {"other": x}\n`),
    fixed(`${caller} := ${called}(`, kit.term("any", 1, scope), ")\n"),
  ];
  kit.functions.push({ name: called, arity: 1 }, { name: other, arity: 1 });
  kit.rules.push({ name: caller, kind: "complete" });
  const rule = random.chance(0.6) ? caller : random.pick(kit.rules).name;
  const subject = random.choose([
    [6, { name: called, arity: 1 }],
    [2, random.pick(kit.functions)],
    [1, { name: "count", arity: 1 }],
  ]);
  const sameArity = kit.functions.filter(({ arity }) => arity === subject.arity).map((known) => known.name);
  const builtins = subject.arity === 1 ? ["is_string", "type_name", "json.marshal", "count"] : ["concat", "startswith"];
  const mocks = [...sameArity, ...builtins, "1", '{"m": 1}', "input.l", "data.lib.tools.twice"];
  const args = join(random.times(subject.arity, () => kit.term("any", 1, scope)));
  const modifiers: (() => Piece)[] = [
    () => fixed(` with ${subject.name} as ${random.pick(mocks)}`),
    () => fixed(" with input as ", kit.term("object", 1, scope)),
    () => fixed(` with input.${random.pick(["n", "o.a", "l"])} as `, kit.term("any", 1, scope)),
    () => fixed(` with data.p.${rule} as `, kit.constant(1)),
    () => fixed(" with data.lib.tools.limit as ", kit.constant(1)),
    () => fixed(" with data.base as ", kit.constant(1)),
    () =>
      fixed(` with ${random.pick(["count", "is_number", "upper"])} as ${random.pick(["1", "data.lib.tools.twice"])}`),
  ];
  const clauses = [
    fixed(` with ${subject.name} as ${random.pick(mocks)}`),
    ...random.times(random.below(3), () => random.pick(modifiers)()),
  ];
  const call = random.chance(0.5) ? fixed(`${subject.name}(`, args, ")") : fixed(rule);
  const isNegated = random.chance(0.2);
  const statement = fixed(isNegated ? "not " : "v := ", call, list(clauses, "", 1));
  const head = fixed(`${name} := ${isNegated ? "1" : "v"}`, ifBody([statement]), "\n");
  return fixed(...definitions, rulesOf(kit, { name, kind: "complete" }, [head]));
};

const template: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const scope: Scope = { bound: [] };
  const body = random.chance(0.6) ? kit.body(scope, 2) : [];
  const still: Scope = { bound: scope.bound, still: true };
  const quote = random.chance(0.5) ? '"' : "`";
  const parts = random.times(1 + random.below(3), () =>
    random.choose<() => Piece>([
      [4, () => fixed("{", kit.term("any", 2, still), "}")],
      [1, () => fixed("{", kit.reference(still, 1), "}")],
      [1, () => fixed("{[w | some w in ", kit.reference(still, 1), "]}")],
      [1, () => fixed("{input.n with input.n as ", kit.term("any", 0, still), "}")],
      [2, () => fixed(random.pick(["a ", "\\{", quote === '"' ? "\\n" : "\n", "%d", "é"]))],
    ])(),
  );
  const head = random.chance(0.5) ? `${name} := ` : `${name} contains `;
  const kind = head.includes("contains") ? "set" : "complete";
  return rulesOf(kit, { name, kind }, [fixed(`${head}$${quote}`, list(parts, "", 1), quote, ifBody(body), "\n")]);
};

/** With weights. */
export const structuralShapes: readonly (readonly [number, Shape])[] = [
  [2, patternFunction],
  [1, elseChain],
  [1, deepHeads],
  [1, ruleTable],
  [3, groupBy],
  [1, everyPair],
  [1, somePair],
  [2, mocked],
  [2, template],
];
