import type { Engine } from "./engine.ts";
import type { Program } from "./generator.ts";
import { type Piece, render } from "./pieces.ts";

/** How often what is wrong is left out: what needs it is wrong then. */
const maxRounds = 6;

/** What is left of a program that the engine refuses, without what it finds wrong; undefined where that is nothing. */
export function repair(program: Program, engine: Engine): Program | undefined {
  let module: Piece | undefined = program.module;
  for (let round = 0; round < maxRounds && module !== undefined; round += 1) {
    const problems = engine.put(render(module));
    if (problems === undefined) return { ...program, module };
    module = withoutRows(module, new Set(problems.map(({ row }) => row)));
  }
  return undefined;
}

/**
 * A program without the expressions and rules in rows that were found wrong: the innermost that can be left out. Undefined where a
 * row is in none of them.
 */
export function withoutRows(piece: Piece, rows: ReadonlySet<number>): Piece | undefined {
  const { found, isWhole } = strip(piece, rows, 1);
  return isWhole ? found : undefined;
}

interface Stripped {
  found: Piece;
  /** Whether every row of the piece that was wrong is gone. */
  isWhole: boolean;
}

function strip(piece: Piece, rows: ReadonlySet<number>, first: number): Stripped {
  return piece.kind === "list" ? stripList(piece, rows, first) : stripParts(piece, rows, first);
}

function stripParts(piece: Exclude<Piece, { kind: "list" }>, rows: ReadonlySet<number>, first: number): Stripped {
  let row = first;
  let isWhole = true;
  const parts = piece.parts.map((part) => {
    const start = row;
    const text = typeof part === "string" ? part : render(part);
    row += breaksIn(text);
    if (!hasWrong(text, rows, start)) return part;
    const stripped = typeof part === "string" ? undefined : strip(part, rows, start);
    // What begins in a row before its own parts is wrong as a whole.
    if (stripped === undefined || !stripped.isWhole) isWhole = false;
    return stripped?.found ?? part;
  });
  return { found: { ...piece, parts }, isWhole };
}

function stripList(piece: Extract<Piece, { kind: "list" }>, rows: ReadonlySet<number>, first: number): Stripped {
  let row = first;
  let isWhole = true;
  const items: Piece[] = [];
  const isOfRows = piece.separator.includes("\n") || piece.separator === "";
  for (const item of piece.items) {
    const text = render(item);
    const stripped = hasWrong(text, rows, row) ? strip(item, rows, row) : { found: item, isWhole: true };
    if (stripped.isWhole) items.push(stripped.found);
    else if (!isOfRows) return { found: piece, isWhole: false };
    row += breaksIn(text) + breaksIn(piece.separator);
  }
  if (items.length < piece.min) isWhole = false;
  return { found: { ...piece, items }, isWhole };
}

function breaksIn(text: string): number {
  return text.split("\n").length - 1;
}

/** Whether a text that begins in a row has, but for the end of its last row, something in a row that is wrong. */
function hasWrong(text: string, rows: ReadonlySet<number>, first: number): boolean {
  return text
    .replace(/\n$/, "")
    .split("\n")
    .some((line, index) => line.trim() !== "" && rows.has(first + index));
}
