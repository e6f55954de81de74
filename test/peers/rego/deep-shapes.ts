import type { Scope } from "./kit.ts";
import { fixed, list, type Piece } from "./pieces.ts";
import { ifBody, join, rulesOf, type Shape } from "./shapes.ts";

const collections = [
  "data.base.nested",
  "data.base.map",
  "data.base.graph",
  "input.l",
  "input.o",
  "input.d.a",
  '{1, "a", [1]}',
  "{2.5: 1, null: [2]}",
  '{{"a": 1}, {1: "a"}, {"a": 1, [1]: 2}}',
  '["b", {"b": 1}, null]',
  "input.s",
  "numbers.range(1, 3)",
];

function locals(...names: readonly string[]): Scope {
  return { bound: names.map((name) => ({ name, kind: "any" })) };
}

/** Expressions whose built-in functions fail, or are undefined. */
const failing = [
  'to_number("x")',
  "1 / 0",
  "input.no",
  "input.n / 0",
  "numbers.range(1.5, 2)",
  'regex.match("(", "a")',
];

/** The packages of the library, looked at as documents. */
const wholePackages: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const scope = locals("x", "y");
  const clauses = random.times(1 + random.below(2), () => {
    const from = random.pick([
      "y := data.lib.tools[x]",
      "y := data.lib[x]",
      "some x; data.lib[_][x] = y",
      "y := data.lib[_][x]",
      "some x, y in data.lib.tools",
      "some x, y in data.lib.tools.by_id",
      "walk(data.lib, [x, y])",
      "walk(data.lib.tools.by_id, [x, y])",
      "y := data.lib.tools[x][_]",
      "x := input.s; y := data.lib.tools[x]",
      'x := "names"; y := data.lib.tools[x]',
      "y := data[x].tools.limit",
    ]);
    const modifiers = [
      "",
      "",
      "",
      " with data.lib.tools.limit as 1",
      " with data.base.list as [1]",
      " with input.l as [1, 2]",
    ];
    const extra = random.chance(0.3) ? kit.body(scope, 1) : [];
    const shown = random.pick(["[x, y]", "x", "y", "[x, is_object(y)]"]);
    return fixed(`${name} contains ${shown}`, ifBody([fixed(from, random.pick(modifiers)), ...extra]), "\n");
  });
  return rulesOf(kit, { name, kind: "set" }, clauses);
};

/** Functions with else, default, every and with, called in comprehensions in functions. */
const layeredFunctions: Shape = (kit, index) => {
  const { random } = kit;
  const [low, high, name] = [`f${index}`, `g${index}`, `r${index}`];
  const own = () => locals("x");
  const condition = (): Piece =>
    random.choose<() => Piece>([
      [2, () => fixed(random.pick(["x == 1", 'x == "a"', "is_number(x)", "x > 1", "not x", "x.b", "x[0]", "input.t"]))],
      [1, () => fixed("every e in ", kit.reference(own(), 1), " { ", random.pick(["e != x", "e", "e == x"]), " }")],
      [1, () => fixed("not ", kit.term("any", 1, { ...own(), still: true }))],
      [1, () => fixed("x in ", kit.reference(own(), 1))],
      [1, () => fixed(`count({z | some z in ${random.pick(collections)}; z != x}) > `, kit.term("number", 0, own()))],
      [1, () => fixed("v := ", random.pick(failing))],
    ])();
  const chain = (head: string): Piece => {
    const others = random.times(random.below(3), () =>
      fixed(" else := ", kit.term("any", 1, own()), ifBody([condition()])),
    );
    return fixed(`${head} := `, kit.term("any", 1, own()), ifBody([condition()]), ...others, "\n");
  };
  const definitions = random.times(1 + random.below(2), () => chain(`${low}(x)`));
  if (random.chance(0.4)) definitions.push(fixed(`default ${low}(_) := `, kit.constant(1), "\n"));
  const modifier = (): string =>
    random.pick([
      "",
      "",
      " with input.n as x",
      " with input as x",
      ` with ${low} as 1`,
      " with input.t as false",
      " with count as 7",
    ]);
  const collected = (): Piece =>
    fixed(
      random.pick([
        `[w | some z in ${random.pick(collections)}; w := ${low}(z)${modifier()}]`,
        `{w | some z in ${random.pick(collections)}; w := ${low}(z)${modifier()}}`,
        `{z: w | some z in ${random.pick(collections)}; w := ${low}(z)${modifier()}}`,
        `[w | w := ${low}([x, ${random.pick(collections)}[_]])${modifier()}]`,
        `count([1 | some z in ${random.pick(collections)}; not ${low}(z)${modifier()}])`,
      ]),
    );
  definitions.push(fixed(`${high}(x) := `, collected(), "\n"));
  if (random.chance(0.3)) definitions.push(fixed(`${high}(x) := `, collected(), " if { ", condition(), " }\n"));
  kit.functions.push({ name: low, arity: 1 }, { name: high, arity: 1 });
  const call = fixed(
    `${name} contains [k, w] if { some k in [1, "a", input.n, input.l]; w := ${high}(k)${modifier().replaceAll("x", "k").replace(" as k", " as 1")} }\n`,
  );
  return fixed(list(definitions, "", 1), rulesOf(kit, { name, kind: "set" }, [call]));
};

/** Heads with several variables, and what asks for parts of them. */
const variableHeads: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const isSet = random.chance(0.4);
  const heads = [
    "[a][b]",
    "[a].x[b]",
    ".s[a]",
    "[a][b][c]",
    "[a]",
    '["k"][b]',
    "[1][a]",
    "[[a, b]]",
    "[{a}]",
    "[9007199254740993][a]",
  ];
  const clauses = random.times(1 + random.below(3), () => {
    const scope = locals("a", "b", "c");
    const source = fixed(`some a, b in ${random.pick(collections)}`);
    const more = fixed(random.pick(["c := a", "c := input.n", "some c in [b, a]", 'c := "c"', "c := [a, b][_]"]));
    const extra = random.chance(0.3) ? kit.body(scope, 1) : [];
    const value = random.chance(0.5) ? fixed(random.pick(["1", "a", "b", "c", "[a, b]"])) : kit.term("any", 1, scope);
    return fixed(
      name,
      random.pick(heads),
      isSet ? " contains " : " := ",
      value,
      ifBody([source, more, ...extra]),
      "\n",
    );
  });
  const asks = [
    "[x]",
    "[x][y]",
    '["a"]',
    '["a"][x]',
    "[x][1]",
    '[x]["a"]',
    "[input.n]",
    "[_][_]",
    ".s[x]",
    "[[x, y]]",
    "[x][y][z]",
    '["k"]["a"]',
  ];
  const ask = random.pick(asks);
  const named = ["x", "y", "z"].filter((variable) => new RegExp(`\\b${variable}\\b`).test(ask));
  const some = named.length > 0 ? `some ${named.join(", ")}; ` : "";
  clauses.push(fixed(`q${index} := {[v, ${named.join(", ")}] | ${some}v := ${name}${ask}}\n`.replace(", ]", "]")));
  if (random.chance(0.3)) clauses.push(fixed(`default ${name}.s := 1\n`));
  return rulesOf(kit, { name, kind: "deep" }, clauses);
};

/** Patterns on both sides. */
const twoSided: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  let next = 0;
  const shown: string[] = [];
  const side = (depth: number): Piece =>
    random.choose<() => Piece>([
      [
        3,
        () => {
          const variable = random.chance(0.8) || shown.length === 0 ? `v${index}${next++}` : random.pick(shown);
          if (!shown.includes(variable)) shown.push(variable);
          return fixed(variable);
        },
      ],
      [
        2,
        () =>
          fixed(
            random.pick([
              "1",
              '"a"',
              "input.n",
              "input.l",
              "input.o",
              "data.base.map.b",
              "null",
              "_",
              ...kit.rules.map((rule) => rule.name),
            ]),
          ),
      ],
      [depth > 0 ? 3 : 0, () => fixed("[", join([side(depth - 1), side(depth - 1)]), "]")],
      [depth > 0 ? 2 : 0, () => fixed('{"a": ', side(depth - 1), ', "b": ', side(depth - 1), "}")],
      [depth > 0 ? 1 : 0, () => fixed("[w | w := ", kit.reference(locals(), 1), "]")],
    ])();
  const pair = (): Piece =>
    random.chance(0.6)
      ? fixed("[", join([side(1), side(2)]), "] = [", join([side(2), side(1)]), "]")
      : fixed('{"a": ', side(1), ', "b": ', side(2), '} = {"a": ', side(2), ', "b": ', side(1), "}");
  const statements = [fixed("some s in ", kit.reference(locals(), 1)), pair()];
  if (random.chance(0.3)) statements.push(pair());
  return rulesOf(kit, { name, kind: "set" }, [
    fixed(`${name} contains [${shown.join(", ")}]`, ifBody(statements), "\n"),
  ]);
};

/** Constructs around an expression that fails or is undefined. */
const failures: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const bad = () => random.pick(failing);
  const inner = () =>
    random.pick([
      bad(),
      `[${bad()}]`,
      `{"k": ${bad()}}`,
      `{${bad()}}`,
      `count([w | w := ${bad()}])`,
      `$"<{${bad()}}>"`,
      `$"{ {1, 2} }{${bad()}}"`,
    ]);
  const forms: (() => string)[] = [
    () => `not ${inner()}`,
    () => `v := ${inner()}`,
    () => `v := [1 | ${inner()}]`,
    () => `v := {${inner()}: 1 | some _ in [1, 2]}`,
    () => `every e in ${random.pick(collections)} { e != ${inner()} }`,
    () => `every e in [${inner()}] { e }`,
    () => `some v in [${inner()}, 1]`,
    () => `${inner()} in [1]`,
    () => `v := input with input.n as ${inner()}`,
    () => `not input.n with input.n as ${bad()}`,
    () => `print(${inner()}, input.no)`,
    () => `[_, ${inner()}] = [1, 2]`,
    () => `not not_defined with input as ${bad()}`.replace("not_defined", kit.rules[0]?.name ?? "input.n"),
    () => `x := ${inner()} == 1`,
    () => `walk(${inner()}, [_, v])`,
    () => `data.base.map[${inner()}]`,
  ];
  const statements = random.times(1 + random.below(2), () =>
    fixed(`true\n  ${random.pick(forms)()}`.replace("true\n  ", "")),
  );
  const tail = random.chance(0.4)
    ? fixed(` else := ${inner()}`, random.chance(0.5) ? "" : ifBody([fixed(random.pick(forms)())]), "\n")
    : "\n";
  const clauses = [fixed(`${name} := ${random.chance(0.5) ? "1" : inner()}`, ifBody(statements), tail)];
  if (random.chance(0.4)) clauses.unshift(fixed(`default ${name} := `, kit.constant(1), "\n"));
  return rulesOf(kit, { name, kind: "complete" }, clauses);
};

/** Rules that may exit early, and rules that ask for one of their members. */
const exits: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const scope = locals("x", "y");
  const value = random.pick(["1", "true", '"a"', "{1}", "[1, {}]"]);
  const loop = () => fixed(`some x, y in ${random.pick(collections)}`);
  const clauses = random.times(1 + random.below(3), () => {
    const head = random.chance(0.75) ? value : random.pick(["1", "x", "y", "false"]);
    return fixed(`${name} := ${head}`, ifBody([loop(), ...kit.body(scope, 1)]), "\n");
  });
  const asked = `s${index}`;
  clauses.push(fixed(`${asked} contains ${random.pick(["x", "y", '"a"', "1"])}`, ifBody([loop()]), "\n"));
  clauses.push(
    fixed(
      `q${index} if { ${random.pick(["", "not "])}${asked}[${random.pick(['"a"', "1", "input.n", "[1]", "{1: 2}"])}] }\n`,
    ),
  );
  return rulesOf(kit, { name, kind: "complete" }, clauses);
};

/** Names that hide others: imports, rules, functions, built-in functions. */
const shadows: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const hidden = random.pick([
    "tools",
    "kit",
    "nested",
    "count",
    "upper",
    "input",
    "data",
    "lib",
    ...kit.rules.map((rule) => rule.name),
    ...kit.functions.map((known) => known.name),
  ]);
  const forms = [
    `some ${hidden} in ${random.pick(collections)}; v := ${hidden}`,
    `v := [${hidden} | some ${hidden} in ${random.pick(collections)}]`,
    `${hidden} := input.n; v := ${hidden}`,
    `every ${hidden} in ${random.pick(collections)} { ${hidden} }; v := 1`,
    `v := [${hidden} | ${hidden} := 1][0]; w := ${hidden}`,
    `v := f${index}(1)`,
    `some ${hidden}; v := data.base.map[${hidden}]`,
  ];
  return fixed(
    `f${index}(${hidden}) := [${hidden}, input.n]\n`,
    rulesOf(kit, { name, kind: "set" }, [fixed(`${name} contains v if { ${random.pick(forms)} }\n`)]),
  );
};

/** With weights. */
export const deepShapes: readonly (readonly [number, Shape])[] = [
  [2, wholePackages],
  [3, layeredFunctions],
  [3, variableHeads],
  [2, twoSided],
  [2, failures],
  [2, exits],
  [1, shadows],
];
