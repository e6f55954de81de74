import { spend } from "../../value/index.ts";
import { assertResultSize, toFailure } from "../builtin.ts";

/** Code points, from the first to the last of each range. */
type Ranges = readonly (readonly [first: number, last: number])[];

/** One character of an expression and how often it may stand: `+` is written out as one and any number more. */
interface Token {
  /** The characters that fit; undefined for `.`. */
  readonly characters: Ranges | undefined;
  readonly isRepeated: boolean;
}

/** Reads characters, `.`, `[a-z]`, `\x`, each with an optional `+` or `*`. */
class Tokenizer {
  readonly #input: string;
  readonly #characters: readonly string[];
  #at = 0;

  constructor(input: string) {
    this.#input = input;
    this.#characters = [...input];
  }

  readAll(): Token[] {
    const tokens: Token[] = [];
    while (this.#at < this.#characters.length) {
      const characters = this.#readToken();
      const flag = this.#characters[this.#at];
      if (flag === "+" || flag === "*") this.#at += 1;
      if (flag !== "*") tokens.push({ characters, isRepeated: false });
      if (flag === "+" || flag === "*") tokens.push({ characters, isRepeated: true });
    }
    return tokens;
  }

  #toInvalid(problem: string): Error {
    return toFailure(`input:${this.#input}, pos:${this.#at}, ${problem}: the input provided is invalid`);
  }

  #readCharacter(): { character: string; isEscaped: boolean } {
    const character = this.#characters[this.#at];
    if (character === undefined) throw this.#toInvalid("found [ without matching ]");
    this.#at += 1;
    if (character !== "\\") return { character, isEscaped: false };
    const escaped = this.#characters[this.#at];
    if (escaped === undefined) throw this.#toInvalid("input ends with a \\ (escape) character");
    this.#at += 1;
    return { character: escaped, isEscaped: true };
  }

  #readToken(): Ranges | undefined {
    const { character, isEscaped } = this.#readCharacter();
    if (isEscaped) return single(character);
    if (character === ".") return undefined;
    if (character === "[") return this.#readSet();
    if (character === "]") throw this.#toInvalid("set-close ']' with no preceding '['");
    if (character === "+" || character === "*") {
      throw this.#toInvalid(`flag '${character}' must be preceded by a non-flag`);
    }
    return single(character);
  }

  #readSet(): Ranges {
    const ranges: [number, number][] = [];
    let previous: number | undefined;
    for (;;) {
      const { character, isEscaped } = this.#readCharacter();
      if (!isEscaped && character === "]") return ranges;
      if (isEscaped || character !== "-") {
        previous = toCode(character);
        ranges.push([previous, previous]);
        continue;
      }
      if (previous === undefined) throw this.#toInvalid("range character '-' must be preceded by a Unicode character");
      const last = this.#readCharacter();
      if (!last.isEscaped && (last.character === "]" || last.character === "-")) {
        throw this.#toInvalid("range character '-' cannot be followed by a special symbol");
      }
      if (toCode(last.character) < previous) throw this.#toInvalid("range is out of order");
      ranges.push([previous, toCode(last.character)]);
      previous = undefined;
    }
  }
}

function single(character: string): Ranges {
  return [[toCode(character), toCode(character)]];
}

function toCode(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function hasCommon(a: Token, b: Token): boolean {
  const [left, right] = [a.characters, b.characters];
  if (left === undefined) return right === undefined || right.length > 0;
  if (right === undefined) return left.length > 0;
  spend(1 + ((left.length * right.length) >> 3));
  return left.some(([first, last]) => right.some(([low, high]) => low <= last && first <= high));
}

/** Whether some text matches both expressions: a walk over the pairs of positions, each visited once. */
export function globsIntersect(left: string, right: string): boolean {
  const a = new Tokenizer(left).readAll();
  const b = new Tokenizer(right).readAll();
  // What both have to match is not empty, unless both are.
  if (a.length === 0 || b.length === 0) return a.length === b.length;
  const width = b.length + 1;
  assertResultSize((a.length + 1) * width);
  const seen = new Uint8Array((a.length + 1) * width);
  const pending = [0];
  const visit = (i: number, j: number): void => {
    const state = i * width + j;
    if (seen[state] === 1) return;
    seen[state] = 1;
    pending.push(state);
  };
  for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
    const i = Math.floor(state / width);
    const j = state % width;
    spend(2);
    if (i === a.length && j === b.length) return true;
    const x = a[i];
    const y = b[j];
    if (x?.isRepeated) visit(i + 1, j);
    if (y?.isRepeated) visit(i, j + 1);
    if (x !== undefined && y !== undefined && hasCommon(x, y))
      visit(x.isRepeated ? i : i + 1, y.isRepeated ? j : j + 1);
  }
  return false;
}
