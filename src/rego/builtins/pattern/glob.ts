import { LRUCache } from "lru-cache";
import { isList, spend, type Value } from "../../value/index.ts";
import { assertResultSize, type BuiltinTable, toFailure } from "../builtin.ts";
import { anyOperand, stringOperand, toElementError, toTypeError } from "../operands.ts";

/** A part of a glob pattern (gobwas/glob). */
type Node =
  | { readonly kind: "text"; readonly characters: readonly string[] }
  /** `*`, or `**`, which also passes separators. */
  | { readonly kind: "any"; readonly isSuper: boolean }
  | { readonly kind: "single" }
  | { readonly kind: "class"; readonly isNegated: boolean; readonly has: (character: string) => boolean }
  | { readonly kind: "alternatives"; readonly patterns: readonly (readonly Node[])[] };

const maxNesting = 100;

class Parser {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(pattern: string) {
    this.#characters = [...pattern];
  }

  /** Reads up to the end, or up to the `,` or `}` that ends an alternative. */
  readPattern(nesting: number): Node[] {
    if (nesting > maxNesting) throw toFailure(`expected a glob with at most ${maxNesting} nested alternatives`);
    const nodes: Node[] = [];
    for (;;) {
      const character = this.#characters[this.#at];
      if (character === undefined) return nodes;
      if (nesting > 0 && (character === "," || character === "}")) return nodes;
      if (character === "{") nodes.push(this.#readAlternatives(nesting + 1));
      else if (character === "[") nodes.push(this.#readClass());
      else if (character === "?") nodes.push(this.#take({ kind: "single" }));
      else if (character === "*") nodes.push(this.#readAny());
      else nodes.push(this.#readText(nesting > 0 ? "?*[{}," : "?*[{"));
    }
  }

  #take(node: Node): Node {
    this.#at += 1;
    return node;
  }

  #readAny(): Node {
    this.#at += 1;
    const isSuper = this.#characters[this.#at] === "*";
    if (isSuper) this.#at += 1;
    return { kind: "any", isSuper };
  }

  /** The closing brace may be missing. */
  #readAlternatives(nesting: number): Node {
    const patterns: Node[][] = [];
    do {
      this.#at += 1;
      patterns.push(this.readPattern(nesting));
    } while (this.#characters[this.#at] === ",");
    this.#at += 1;
    return { kind: "alternatives", patterns };
  }

  #readText(breakers: string): Node {
    return { kind: "text", characters: this.#readCharacters(breakers) };
  }

  #readCharacters(breakers: string): string[] {
    const characters: string[] = [];
    for (let character = this.#characters[this.#at]; character !== undefined; character = this.#characters[this.#at]) {
      if (character === "\\") {
        const escaped = this.#characters[this.#at + 1];
        this.#at += 2;
        if (escaped !== undefined) characters.push(escaped);
        continue;
      }
      if (breakers.includes(character)) break;
      characters.push(character);
      this.#at += 1;
    }
    return characters;
  }

  #readClass(): Node {
    this.#at += 1;
    const isNegated = this.#characters[this.#at] === "!";
    if (isNegated) this.#at += 1;
    const low = this.#characters[this.#at];
    if (low === undefined) throw toFailure("unexpected end of input");
    let has: (character: string) => boolean;
    if (this.#characters[this.#at + 1] === "-") {
      const high = this.#characters[this.#at + 2];
      if (high === undefined) throw toFailure("unexpected end of input");
      const [from = 0, to = 0] = [low.codePointAt(0), high.codePointAt(0)];
      if (to < from) throw toFailure(`hi character '${high}' should be greater than lo '${low}'`);
      this.#at += 3;
      has = (character) => (character.codePointAt(0) ?? 0) >= from && (character.codePointAt(0) ?? 0) <= to;
    } else {
      const listed = new Set(this.#readCharacters("]"));
      if (listed.size === 0) throw toFailure("could not parse range");
      has = (character) => listed.has(character);
    }
    const close = this.#characters[this.#at];
    if (close === undefined) throw toFailure("unexpected end of input");
    if (close !== "]") throw toFailure("expected close range character");
    this.#at += 1;
    return { kind: "class", isNegated, has };
  }
}

/** The positions that may be reached, one flag for each; all of them advance at once, so that the time is bounded. */
type Positions = Uint8Array;

function advance(
  nodes: readonly Node[],
  text: readonly string[],
  from: Positions,
  separators: ReadonlySet<string>,
): Positions {
  let current = from;
  for (const node of nodes) current = advanceNode(node, text, current, separators);
  return current;
}

function advanceNode(node: Node, text: readonly string[], from: Positions, separators: ReadonlySet<string>): Positions {
  const to = new Uint8Array(from.length);
  spend(1 + (from.length >> 4));
  switch (node.kind) {
    case "text":
      for (let at = 0; at < from.length; at += 1) {
        if (from[at] === 1) spend(1 + (node.characters.length >> 4));
        if (from[at] === 1 && node.characters.every((character, index) => text[at + index] === character)) {
          to[at + node.characters.length] = 1;
        }
      }
      return to;
    case "any": {
      let isReached = false;
      for (let at = 0; at < from.length; at += 1) {
        if (from[at] === 1) isReached = true;
        if (isReached) to[at] = 1;
        if (!node.isSuper && separators.has(text[at] ?? "")) isReached = false;
      }
      return to;
    }
    case "single":
    case "class":
      for (let at = 0; at < text.length; at += 1) {
        if (from[at] === 1 && fits(node, text[at] ?? "", separators)) to[at + 1] = 1;
      }
      return to;
    default:
      for (const pattern of node.patterns) {
        const reached = advance(pattern, text, from, separators);
        for (let at = 0; at < to.length; at += 1) if (reached[at] === 1) to[at] = 1;
      }
      return to;
  }
}

function fits(node: Node, character: string, separators: ReadonlySet<string>): boolean {
  return node.kind === "class" ? node.has(character) !== node.isNegated : !separators.has(character);
}

const cache = new LRUCache<string, readonly Node[]>({ max: 1000 });

function parsePattern(pattern: string): readonly Node[] {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const nodes = new Parser(pattern).readPattern(0);
  cache.set(pattern, nodes);
  return nodes;
}

/** Whether a glob matches the whole text. Throws `BuiltinError` for an invalid pattern. */
export function matchesGlob(pattern: string, separators: ReadonlySet<string>, text: string): boolean {
  const nodes = parsePattern(pattern);
  // A pattern that is one character of any kind but some takes the missing one for it in OPA.
  if (text === "" && /^(?:\?|\[![^\]\\]+\])$/.test(pattern)) return true;
  const characters = [...text];
  // Both a long pattern and a long text would take long: time grows with their product.
  assertResultSize((pattern.length * characters.length) / 16);
  const start = new Uint8Array(characters.length + 1);
  start[0] = 1;
  return advance(nodes, characters, start, separators)[characters.length] === 1;
}

function separatorsOperand(args: readonly Value[]): ReadonlySet<string> {
  const value = anyOperand(args, 2);
  if (value === null) return new Set();
  if (!isList(value)) throw toTypeError(2, value, "array", "null");
  for (const item of value) {
    if (typeof item !== "string") throw toElementError(2, value, item, "string");
    if ([...item].length !== 1) throw toElementError(2, value, item, "rune");
  }
  return new Set(value.length === 0 ? ["."] : (value as readonly string[]));
}

function match(args: readonly Value[]): Value {
  const pattern = stringOperand(args, 1);
  return matchesGlob(pattern, separatorsOperand(args), stringOperand(args, 3));
}

export const glob: BuiltinTable = {
  "glob.match": match,
  "glob.quote_meta": (args) => stringOperand(args, 1).replace(/[*?\\[\]{}]/g, "\\$&"),
};
