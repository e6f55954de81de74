import type { Scope } from "./kit.ts";
import { fixed, list, type Piece } from "./pieces.ts";
import { ifBody, rulesOf, type Shape } from "./shapes.ts";

const bigNumbers = [
  "9007199254740993",
  "-9007199254740993",
  "9223372036854775807",
  "9223372036854775808",
  "18446744073709551616",
  "123456789012345678901234567890",
  "0.1",
  "0.30000000000000004",
  "1e21",
  "1e-7",
  "1.7976931348623157e308",
  "12345678.9012345678901",
];

const numbersBig: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const big = () => random.pick(bigNumbers);
  const expressions: (() => string)[] = [
    () => `${big()} ${random.pick(["+", "-", "*"])} ${big()}`,
    () => `${big()} ${random.pick(["+", "-", "*", "%"])} ${random.pick(["1", "3", "10", "-7", "input.n"])}`,
    () => `${random.pick(["abs", "floor", "ceil", "round", "json.marshal", "type_name"])}(${big()})`,
    () => `${random.pick(["sum", "max", "min", "sort", "product"])}([${big()}, ${big()}, 1])`,
    () => `sprintf("${random.pick(["%d", "%v", "%s", "%x", "%.3f", "%e"])}", [${big()}])`,
    () => `format_int(${big()}, ${random.pick(["2", "8", "10", "16"])})`,
    () => `to_number("${big()}")`,
    () => `bits.${random.pick(["and", "or", "xor"])}(${big()}, 255)`,
    () => `{${big()}, ${big()}, 1}`,
    () => `[${big()}, ${big()}] == [${big()}, ${big()}]`,
    () => `json.unmarshal("[${big()}]")`,
    () => `numbers.range(9007199254740990, 9007199254740995)`,
    () => `{${big()}: 1}[${big()}]`,
  ];
  const clauses = random.times(1 + random.below(2), () => {
    const condition = random.chance(0.5) ? [fixed(`${big()} ${random.pick(["<", "!=", ">=", "=="])} ${big()}`)] : [];
    return fixed(`${name} contains `, random.pick(expressions)(), ifBody(condition), "\n");
  });
  return rulesOf(kit, { name, kind: "set" }, clauses);
};

const keys = ["1", "1.5", "null", "true", "[1, 2]", '{"a": 1}', "{1}", "9007199254740993", '"a"', "[]", "{}", "set()"];

const otherKeys: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const key = () => random.pick(keys);
  const literal = (): Piece => {
    const members = [...new Set(random.times(2 + random.below(3), key))].map((each) =>
      fixed(`${each}: `, kit.term("any", 0, { bound: [] })),
    );
    return fixed("{", list(members, ", ", 1), "}");
  };
  const uses: (() => Piece)[] = [
    () => fixed(" := v if {\n  o := ", literal(), `\n  v := o[${key()}]\n}\n`),
    () => fixed(" := ", random.pick(["json.marshal", "object.keys", "count", "yaml.marshal"]), "(", literal(), ")\n"),
    () => fixed(" := object.union(", literal(), ", ", literal(), ")\n"),
    () => fixed(" := [p | walk(", literal(), ", [p, _])]\n"),
    () => fixed(" := {k: v | some v, k in ", literal(), "}\n"),
    () => fixed(" := ", literal(), " == ", literal(), "\n"),
  ];
  const partial: (() => Piece)[] = [
    () => fixed("[k] := v if {\n  some k, v in ", literal(), "\n}\n"),
    () => fixed(`[${key()}] := `, kit.constant(1), "\n"),
  ];
  const isPartial = random.chance(0.3);
  const rule = fixed(name, random.pick(isPartial ? partial : uses)());
  return rulesOf(kit, { name, kind: isPartial ? "object" : "complete" }, [rule]);
};

const objectGet: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const scope: Scope = { bound: [] };
  const step = (): string => random.pick(['"a"', '"b"', '"e"', '"f"', "0", "1", "input.n", "input.s", '"c"', "null"]);
  const path = fixed(
    "[",
    list(
      random.times(random.below(4), () => fixed(step())),
      ", ",
      0,
    ),
    "]",
  );
  const object = random.pick([
    "input",
    "input.d",
    "input.o",
    "data.base",
    "data.base.map",
    '{"a": {"b": [1, 2]}}',
    "{1: {2: 3}}",
  ]);
  const key = random.chance(0.75) ? path : kit.term("any", 0, scope);
  const value = fixed(`object.get(${object}, `, key, ", ", kit.term("any", 1, scope), ")");
  return rulesOf(kit, { name, kind: "complete" }, [fixed(`${name} := `, value, "\n")]);
};

const walked: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const scope: Scope = { bound: [] };
  const path = random.pick(["path", "_", '["a", x]', "array.concat([], path)", '["d", "e"]', "[x]"]);
  const value = random.pick(["value", "_", '{"b": value}', "1"]);
  const shown = [
    ...(path.includes("path") && !path.includes("concat") ? ["path"] : []),
    ...(path.includes("x]") ? ["x"] : []),
  ];
  if (value.includes("value")) shown.push("value");
  for (const each of shown) scope.bound.push({ name: each, kind: "any" });
  const statements = [fixed("walk(", kit.reference({ bound: [] }, 1), `, [${path}, ${value}])`)];
  if (random.chance(0.4)) statements.push(...kit.body(scope, 1));
  return rulesOf(kit, { name, kind: "set" }, [
    fixed(`${name} contains [${shown.join(", ")}]`, ifBody(statements), "\n"),
  ]);
};

const metadata: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const scope = random.pick(["", "# scope: rule\n", "# scope: document\n"]);
  const custom = random.chance(0.6)
    ? `# custom:\n#   k: ${random.pick(["1", "[a, 2]", "{x: y}", "1e3", "0x10"])}\n`
    : "";
  const block = `# METADATA\n# title: T${index}\n${scope}${custom}`;
  const value = random.pick([
    "rego.metadata.rule()",
    "rego.metadata.chain()",
    "rego.metadata.rule().title",
    "rego.metadata.rule().custom.k",
    "[x.path | some x in rego.metadata.chain()]",
    "{x.annotations.title | some x in rego.metadata.chain()}",
    'object.get(rego.metadata.rule(), "custom", 1)',
    '$"{rego.metadata.rule().title}"',
  ]);
  const head = random.pick([`${name} := ${value}`, `${name} := v if v := ${value}`]);
  const second = random.chance(0.3) ? `# METADATA\n# description: more\n${name} := ${value} if 1 == 2\n` : "";
  return rulesOf(kit, { name, kind: "complete" }, [fixed(`${block}${head}\n${second}`)]);
};

const imported: Shape = (kit, index) => {
  const { random } = kit;
  const name = `r${index}`;
  const scope: Scope = { bound: [] };
  const prefix = random.pick(
    kit.isImporting ? ["tools.", "kit.", "kit.", "lib.tools.", "quoted."] : ["data.lib.tools."],
  );
  const uses: (() => Piece)[] = [
    () => fixed(`${prefix}limit`),
    () => fixed(`${prefix}twice(`, kit.term("any", 1, scope), ")"),
    () => fixed(`${prefix}grade(`, kit.term("any", 1, scope), ")"),
    () => fixed(`${prefix}names`),
    () => fixed(`${prefix}names[`, kit.term("any", 0, scope), "]"),
    () => fixed(`[v | some v in ${prefix}names]`),
    () => fixed(`[k | some k, _ in ${prefix}by_id]`),
    () => fixed(`${prefix}by_id[`, kit.term("any", 0, scope), "].n"),
    () => fixed(`${prefix}total with input.l as `, kit.term("array", 1, scope)),
    () => fixed(`${prefix}seen with ${prefix}limit as `, kit.constant(1)),
    () => fixed(kit.isImporting ? "object_of_input.a" : "input.o.a"),
    () => fixed(kit.isImporting ? "nested[_].id" : "data.base.nested[_].id"),
  ];
  const statement = fixed("v := ", random.pick(uses)());
  return rulesOf(kit, { name, kind: "set" }, [fixed(`${name} contains v`, ifBody([statement]), "\n")]);
};

/** With weights. */
export const valueShapes: readonly (readonly [number, Shape])[] = [
  [1, numbersBig],
  [1, otherKeys],
  [1, objectGet],
  [1, walked],
  [2, metadata],
  [2, imported],
];
