import { describe, expect, it } from "vitest";
import { compileModules } from "../compile/index.ts";
import { RegoError } from "../errors.ts";
import { parseModule } from "../syntax/index.ts";
import { fromJson, toJson, withMeter } from "../value/index.ts";
import { ComprehensionIndex } from "./comprehension-index.ts";
import { loadPolicy } from "./load.ts";

function compile(text: string, watch: "rows" | "nothing" = "nothing") {
  return compileModules([parseModule("t.rego", `package t\n${text}`)], { entrypoints: [["t", "p"]], watch });
}

function evaluate(text: string, input: unknown) {
  const policy = loadPolicy(compile(text));
  try {
    const step = policy.start({ nowNs: 0n, input: fromJson(input as never) }).step();
    const [value] = step.kind === "done" ? step.results : [];
    return value === undefined ? undefined : toJson(value);
  } catch (thrown) {
    if (!(thrown instanceof RegoError)) throw thrown;
    return `conflict in ${thrown.location?.row}`;
  }
}

/** Keys of several kinds, some equal, some missing. */
const items = [
  { k: 1, v: 2 },
  { k: "1", v: 1 },
  { k: [1], v: 3 },
  { v: 1 },
  { k: { a: 1 }, v: 5 },
  { k: null, v: 1 },
  { k: 1, v: 4 },
  { k: true, v: 0 },
  { k: "only here", v: 0 },
];
const others = [...items.slice(0, -1), { k: 1, v: 7 }, { k: { a: 1 }, v: 9 }, { k: "only there", v: 9 }];
const of = (k: unknown) => others.filter((other) => "k" in other && JSON.stringify(other.k) === JSON.stringify(k));
const keyed = items.filter((item) => "k" in item);
const each = "some x in input.xs";

/** What is expected was compared with OPA's answers. */
describe("comprehensions that compare with what is around them", () => {
  it.each<[string, string, unknown, indices?: number]>([
    [
      "a variable",
      `p := [n | ${each}; k := x.k; n := [y.v | some y in input.ys; y.k == k]]`,
      keyed.map(({ k }) => of(k).map(({ v }) => v)),
    ],
    [
      "as an argument",
      `p := [count([y | some y in input.ys; y.k == k]) | ${each}; k := x.k]`,
      keyed.map(({ k }) => of(k).length),
    ],
    [
      "the variable first",
      `p := [n | ${each}; k := x.k; n := count([y | some y in input.ys; k = y.k])]`,
      keyed.map(({ k }) => of(k).length),
    ],
    [
      "a key in a pattern",
      `p := [n | ${each}; k := x.k; n := [1 | some y in input.ys; y = {"k": k, "v": _, k: _}]]`,
      keyed.map(() => []),
      0,
    ],
    [
      "a member in a pattern",
      `p := [n | ${each}; k := x.k; n := [y.v | some y in input.ys; {y.k} = {k}]]`,
      keyed.map(({ k }) => of(k).map(({ v }) => v)),
      0,
    ],
    [
      "a pattern",
      `p := [n | ${each}; k := x.k; n := {y | input.ys[_] = {"k": k, "v": y}}]`,
      keyed.map(({ k }) =>
        of(k)
          .map(({ v }) => v)
          .sort(),
      ),
    ],
    [
      "two variables",
      `p := [n | ${each}; k := x.k; v := x.v; n := count([1 | some y in input.ys; y.k == k; y.v == v])]`,
      keyed.map(({ k, v }) => of(k).filter((y) => y.v === v).length),
    ],
    [
      "a call's result",
      `p := [n | ${each}; k := json.marshal(x.k); n := count([1 | some y in input.ys; k = json.marshal(y.k)])]`,
      keyed.map(({ k }) => of(k).length),
    ],
    [
      "a reference",
      `p := [n | ${each}; n := [y.v | some y in input.ys; y.k == x.k]]`,
      items.map(({ k }) => (k === undefined ? [] : of(k).map(({ v }) => v))),
    ],
    [
      "two references",
      `p := [n | ${each}; n := {y.v | some y in input.ys; y.k == x.k; x.v == y.v}]`,
      items.map(({ k, v }) =>
        k === undefined
          ? []
          : of(k)
              .filter((y) => y.v === v)
              .map((y) => y.v),
      ),
    ],
    [
      "a parameter",
      `f(k) := {y.v | some y in input.ys; y.k == k}\np := [n | ${each}; n := count(f(x.k))]`,
      keyed.map(({ k }) => of(k).length),
    ],
    [
      "with a comprehension inside",
      `p := [n | ${each}; k := x.k; n := [z | some y in input.ys; y.k == k; z := count([1 | some w in input.ys; w.k == y.k])]]`,
      keyed.map(({ k }) => of(k).map(() => of(k).length)),
      2,
    ],
    [
      "below with",
      `f(k) := count([y | some y in input.ys; y.k == k])\np := [n | ${each}; k := x.k; n := f(k) with input.ys as [{"k": k}]]`,
      keyed.map(() => 1),
    ],
    [
      "further conditions",
      `p := [n | ${each}; k := x.k; n := [y.v | some y in input.ys; not y.v == 4; y.k == k; y.v > 1]]`,
      keyed.map(({ k }) =>
        of(k)
          .filter(({ v }) => v !== 4 && v > 1)
          .map(({ v }) => v),
      ),
    ],
    [
      "an object, whose later values replace former ones",
      `p := [n | ${each}; k := x.k; n := {"a": y.v | some y in input.ys; y.k == k}]`,
      keyed.map(({ k }) => of(k).reduce((_, { v }) => ({ a: v }), {})),
    ],
    [
      "an object that is evaluated each time, as another function takes one's place somewhere, replaces them, too",
      `p := [n | ${each}; k := x.k; n := {"a": y.v | some y in input.ys; y.k == k; count([1]) == 1}]\nq if { 1 == 1 with count as 1 }`,
      keyed.map(({ k }) => of(k).reduce((_, { v }) => ({ a: v }), {})),
      0,
    ],
    [
      "an object with an every that sees the key",
      `p := [n | ${each}; k := x.k; n := {"a": y.v | some y in input.ys; y.k == k; every z in [[]] { z != k }}]`,
      keyed.map(({ k }) => of(k).reduce((_, { v }) => ({ a: v }), {})),
    ],
    [
      "an object with an every that sees something else",
      `p := [n | ${each}; k := x.k; n := {"a": y.v | some y in input.ys; y.k == k; every z in [[]] { z != x }}]`,
      keyed.map(({ k }) => of(k).reduce((_, { v }) => ({ a: v }), {})),
      0,
    ],
    [
      "an object with a reference, which may conflict",
      `p := [n | ${each}; n := {"a": y.v | some y in input.ys; y.k == x.k}]`,
      "conflict in 2",
      0,
    ],
    [
      "what is collected needs more",
      `p := [n | ${each}; n := [[x.v, y.v] | some y in input.ys; y.k == x.k]]`,
      items.map(({ k, v }) => (k === undefined ? [] : of(k).map((y) => [v, y.v]))),
      0,
    ],
    [
      "a loop over the variable",
      `p := [n | some i, _ in input.xs; n := count([1 | input.ys[i].k])]`,
      items.map((_, index) => ("k" in (others[index] ?? {}) ? 1 : 0)),
      0,
    ],
    [
      "what follows can conflict",
      `bad(y) := [1, 2][_] if y.v == 9\nbad(y) := 0 if y.v != 9\np := [n | ${each}; x.k == 1; n := [bad(y) | some y in input.ys; y.k == x.k]]`,
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
      0,
    ],
  ])("%s", (_, text, expected, indices = 1) => {
    expect(evaluate(text, { xs: items, ys: others })).toEqual(expected);
    const { source } = compile(text);
    expect([...source.matchAll(/K\.comprehensionIndex\(/g)].length).toBe(indices);
  });
});

describe("an index", () => {
  const ask = (text: string, inputs: readonly unknown[], data: unknown) => {
    const policy = loadPolicy(compile(text, "rows"), { data: fromJson(data as never) });
    for (const input of inputs) policy.start({ nowNs: 0n, input: fromJson(input as never) }).step();
    return Math.max(...policy.counts().flatMap(({ location, count }) => (location.row === 4 ? [count] : [])));
  };
  const body = "p := [n | some k in input.ks; n := f(k)]\nf(k) := count([y |";

  it("of base documents is made once for all inputs", () => {
    expect(
      ask(`${body} some y in data.ys\ny.k == k ])`, [{ ks: [1, 2] }, { ks: [2, 3] }], { ys: [{ k: 1 }, { k: 2 }] }),
    ).toBe(2);
  });

  it("of the input is made once for each", () => {
    const ys = [{ k: 1 }, { k: 2 }];
    expect(
      ask(
        `${body} some y in input.ys\ny.k == k ])`,
        [
          { ks: [1, 2], ys },
          { ks: [2, 3], ys },
        ],
        {},
      ),
    ).toBe(4);
  });

  it("of rules that a with changes is made again", () => {
    const text = `p := [n, m] if { n := f(1); m := f(1) with data.ys as [1, 1] }\nf(k) := count([y | some y in q; y == k])\nq := data.ys`;
    const policy = loadPolicy(compile(text), { data: fromJson({ ys: [1] }) });
    const step = policy.start({ nowNs: 0n }).step();
    expect(step).toEqual({ kind: "done", results: [[1, 2]] });
  });
});

describe("the size of an index is metered", () => {
  const fill = (of: "array" | "set" | "object", add: (index: ComprehensionIndex) => void) => {
    const paid = { units: 0, bytes: 0 };
    const check = (units: number, bytes: number): void => {
      paid.units += units;
      paid.bytes = Math.max(paid.bytes, bytes);
    };
    withMeter(check, () => add(new ComprehensionIndex(of)));
    return paid;
  };
  const manyKeys = (index: ComprehensionIndex): void => {
    for (let key = 0; key < 140_000; key += 1) index.add([key], 1, 1);
  };

  it.each([
    ["array", 500_000],
    ["set", 2_000_000],
    ["object", 2_000_000],
  ] as const)("by its keys: %s", (of, units) => {
    const paid = fill(of, manyKeys);
    expect(paid.units).toBeGreaterThan(units);
    // The table of the keys, where it grows.
    expect(paid.bytes).toBeGreaterThan(131_072 * 50);
  });

  it("by the members of one key", () => {
    const paid = fill("array", (index) => {
      for (let member = 0; member < 140_000; member += 1) index.add([1], member);
    });
    expect(paid.bytes).toBeGreaterThan(131_072 * 16);
  });

  it("and ends an evaluation that has too few steps for it", () => {
    const keys = "some y in numbers.range(1, 300); some z in numbers.range(1, 300)";
    const policy = loadPolicy(compile(`p := [n | some x in [[1, 2]]; n := {1 | ${keys}; [y, z] == x}]`));
    const step = () => policy.start({ nowNs: 0n, limits: { steps: 120_000 } }).step();
    expect(step).toThrow(expect.objectContaining({ code: "limit_steps" }));
  });
});

describe("the cost", () => {
  const size = 20_000;
  const many = Array.from({ length: size }, (_, index) => ({ k: `k${index % 5_000}`, v: index }));

  it.each([
    ["a variable", `p := [n | ${each}\nk := x.k\nn := count([y |\nsome y in input.ys\ny.k == k ])]`, 6],
    ["a reference", `p := [n | ${each}\nn := count([y |\nsome y in input.ys\ny.k == x.k ])]`, 5],
    ["a parameter", `p := [n | ${each}\nn := f(x.k) ]\nf(k) := count([y |\nsome y in input.ys\ny.k == k ])`, 6],
  ])("grows with the number of elements: %s", (_, text, row) => {
    const policy = loadPolicy(compile(text, "rows"));
    policy.start({ nowNs: 0n, input: fromJson({ xs: many, ys: many }), limits: { timeMs: 5_000 } }).step();
    const counts = policy.counts().filter(({ location }) => location.row === row);
    expect(Math.max(...counts.map(({ count }) => count))).toBe(size);
  });

  it("is well under a second for 20,000 elements", () => {
    const policy = loadPolicy(compile(`p := [n | ${each}; n := count([y | some y in input.ys; y.k == x.k])]`));
    const input = fromJson({ xs: many, ys: many });
    const before = process.cpuUsage();
    policy.start({ nowNs: 0n, input }).step();
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(500);
  });
});
