/**
 * A generated text as a tree, so that a program that shows a difference can be made small: terms give way to their parts
 * or to constants, members of lists are left out.
 */
export type Piece =
  | { kind: "term"; parts: readonly (string | Piece)[] }
  | { kind: "fixed"; parts: readonly (string | Piece)[] }
  | { kind: "list"; separator: string; min: number; items: readonly Piece[] };

/** A term: may be replaced by one of its own terms or by a constant. */
export function term(...parts: readonly (string | Piece)[]): Piece {
  return { kind: "term", parts };
}

/** A piece whose own text stays. */
export function fixed(...parts: readonly (string | Piece)[]): Piece {
  return { kind: "fixed", parts };
}

/** Pieces of which at least `min` stay. */
export function list(items: readonly Piece[], separator: string, min = 0): Piece {
  return { kind: "list", separator, min, items };
}

export function render(piece: Piece): string {
  if (piece.kind === "list") return piece.items.map(render).join(piece.separator);
  return piece.parts.map((part) => (typeof part === "string" ? part : render(part))).join("");
}

/** Every piece that is one step smaller, those that lose most first. */
export function* shrink(piece: Piece): Generator<Piece> {
  if (piece.kind === "list") {
    for (const size of [Math.ceil(piece.items.length / 2), 1]) {
      if (piece.items.length - size < piece.min) continue;
      for (let at = 0; at + size <= piece.items.length; at += size) yield without(piece, at, size);
    }
    for (const [index, item] of piece.items.entries()) {
      for (const smaller of shrink(item)) yield { ...piece, items: piece.items.with(index, smaller) };
    }
    return;
  }
  if (piece.kind === "term") {
    for (const inner of piece.parts) if (typeof inner !== "string" && inner.kind === "term") yield inner;
    for (const constant of ["1", '"a"', "x"]) {
      if (render(piece).length > constant.length) yield term(constant);
    }
  }
  for (const [index, part] of piece.parts.entries()) {
    if (typeof part === "string") continue;
    for (const smaller of shrink(part)) yield { ...piece, parts: piece.parts.with(index, smaller) };
  }
}

function without(piece: Extract<Piece, { kind: "list" }>, at: number, size: number): Piece {
  return { ...piece, items: piece.items.toSpliced(at, size) };
}
