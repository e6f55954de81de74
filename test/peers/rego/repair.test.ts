import { describe, expect, it } from "vitest";
import { fixed, list, type Piece, render } from "./pieces.ts";
import { withoutRows } from "./repair.ts";

/** Rows 3 to 6, 8 to 10, and 12 to 14. */
const module = fixed(
  "package p\n\n",
  list(
    [
      fixed("a if {\n  ", list([fixed("x"), fixed("y")], "\n  ", 1), "\n}\n"),
      fixed("b if {\n  ", list([fixed("z", list([fixed("1"), fixed("2")], ", ", 1))], "\n  ", 1), "\n}\n"),
      list([fixed("c := 1\n"), fixed("c := 2\n"), fixed("c := $`\n3`\n")], "", 1),
    ],
    "\n",
    1,
  ),
);

function left(rows: readonly number[], piece: Piece = module): string | undefined {
  const found = withoutRows(piece, new Set(rows));
  return found === undefined ? undefined : render(found);
}

describe("a program without rows that are wrong", () => {
  const text = render(module);
  const [a, b, c] = ["a if {\n  x\n  y\n}\n", "b if {\n  z1, 2\n}\n", "c := 1\nc := 2\nc := $`\n3`\n"];

  it.each<[string, readonly number[], string | undefined]>([
    ["nothing", [], text],
    ["an expression", [4], text.replace("  x\n", "")],
    ["all expressions of a body, with the rule", [4, 5], `package p\n\n${b}\n${c}`],
    ["the only expression of a body, with the rule", [9], `package p\n\n${a}\n${c}`],
    ["a head, with the rule", [3], `package p\n\n${b}\n${c}`],
    ["one of several rules of a name", [13], text.replace("c := 2\n", "")],
    ["a rule of several rows", [15], `package p\n\n${a}\n${b}\nc := 1\nc := 2\n`],
    ["several at once", [5, 8, 12], `package p\n\na if {\n  x\n}\n\nc := 2\nc := $\`\n3\`\n`],
    ["what cannot be left out", [1], undefined],
    ["all rules", [3, 8, 12, 13, 14], undefined],
  ])("%s", (_, rows, expected) => {
    expect(left(rows)).toBe(expected);
  });
});
