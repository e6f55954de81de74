import { Char, isDecimal, isLetter } from "./characters.ts";

/** Nesting of a literal that is read as JSON. */
const maxNesting = 64;
/** Digits of a number that a double holds without loss. */
const maxDigits = 15;

/**
 * Finds out which bracketed literals of a text are JSON as well, but for commas before closing brackets: no names, sets,
 * comments, operators, large numbers, halves of surrogate pairs or control characters in texts. What it does not take, the grammar reads.
 */
export class JsonExtents {
  readonly #text: string;
  /** Brackets that are known to hold something else: each text is looked at a few times at most. */
  readonly #others = new Set<number>();
  #open: number[] = [];
  #commas: number[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** Where the literal ends that begins with the bracket there, or -1. */
  find(start: number): number {
    if (this.#others.has(start)) return -1;
    this.#open = [];
    this.#commas = [];
    const end = this.#value(start);
    if (end === -1) for (const bracket of this.#open) this.#others.add(bracket);
    return end;
  }

  /** What gives the JSON text of the literal that was found last, without those commas. */
  reader(start: number, end: number): () => string {
    const text = this.#text;
    const commas = this.#commas;
    return () => {
      let json = "";
      let from = start;
      for (const comma of commas) {
        json += text.slice(from, comma);
        from = comma + 1;
      }
      return json + text.slice(from, end);
    };
  }

  /** Reads the value there and, where it is a bracket, all up to its end: without recursion. */
  #value(start: number): number {
    let at = start;
    do {
      at = this.#opened(at) ?? this.#afterValue(this.#scalar(at));
    } while (at !== -1 && this.#open.length > 0);
    return at;
  }

  /** Behind an opening bracket: where its first value begins, or what follows it if it is empty. Undefined for other values. */
  #opened(at: number): number | undefined {
    const code = this.#text.charCodeAt(at);
    if (code !== Char.BraceOpen && code !== Char.BracketOpen) return undefined;
    this.#open.push(at);
    if (this.#open.length > maxNesting) return -1;
    const next = this.#skip(at + 1);
    const close = code === Char.BraceOpen ? Char.BraceClose : Char.BracketClose;
    if (this.#text.charCodeAt(next) === close) return this.#afterValue(next);
    return code === Char.BraceOpen ? this.#key(next) : next;
  }

  /** Behind a value: closes brackets, up to the place of the next value or the end of the whole. */
  #afterValue(end: number): number {
    if (end === -1) return -1;
    const { length } = this.#open;
    let at = end;
    while (this.#open.length > 0) {
      at = this.#skip(at);
      const isObject = this.#text.charCodeAt(this.#open[this.#open.length - 1] as number) === Char.BraceOpen;
      const close = isObject ? Char.BraceClose : Char.BracketClose;
      if (this.#text.charCodeAt(at) === Char.Comma) {
        const next = this.#skip(at + 1);
        if (this.#text.charCodeAt(next) !== close) return isObject ? this.#key(next) : next;
        this.#commas.push(at);
        at = next;
      }
      if (this.#text.charCodeAt(at) !== close) return -1;
      this.#open.pop();
      at += 1;
    }
    return length === 0 ? -1 : at;
  }

  /** The place of the value behind a key and its colon. */
  #key(at: number): number {
    if (this.#text.charCodeAt(at) !== Char.Quote) return -1;
    const end = this.#string(at);
    if (end === -1) return -1;
    const colon = this.#skip(end);
    return this.#text.charCodeAt(colon) === Char.Colon ? this.#skip(colon + 1) : -1;
  }

  #scalar(at: number): number {
    const text = this.#text;
    const code = text.charCodeAt(at);
    if (code === Char.Quote) return this.#string(at);
    if (code === Char.Minus || isDecimal(code)) return this.#number(at);
    for (const word of ["true", "false", "null"]) {
      if (!text.startsWith(word, at)) continue;
      const next = text.charCodeAt(at + word.length);
      return isLetter(next) || isDecimal(next) ? -1 : at + word.length;
    }
    return -1;
  }

  #string(start: number): number {
    const text = this.#text;
    for (let at = start + 1; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === Char.Quote) return at + 1;
      if (code < Char.Space) return -1;
      if (code !== Char.Backslash) continue;
      at += 1;
      const escaped = text.charCodeAt(at);
      if (escaped === Char.LowerU) {
        if (!/^(?![dD][89a-fA-F])[0-9a-fA-F]{4}$/.test(text.slice(at + 1, at + 5))) return -1;
        at += 4;
      } else if (!'"\\/bfnrt'.includes(text.charAt(at))) return -1;
    }
    return -1;
  }

  #number(start: number): number {
    const text = this.#text;
    let at = text.charCodeAt(start) === Char.Minus ? start + 1 : start;
    const first = at;
    while (isDecimal(text.charCodeAt(at))) at += 1;
    if (at === first) return -1;
    // No leading zeros, and no zero with a sign.
    if (text.charCodeAt(first) === Char.Zero && (at > first + 1 || first > start)) return -1;
    if (text.charCodeAt(at) === Char.Dot) {
      const fraction = at + 1;
      for (at = fraction; isDecimal(text.charCodeAt(at)); ) at += 1;
      if (at === fraction) return -1;
    }
    // An exponent is a letter.
    return at - first > maxDigits || isLetter(text.charCodeAt(at)) ? -1 : at;
  }

  #skip(from: number): number {
    const text = this.#text;
    for (let at = from; ; at += 1) {
      const code = text.charCodeAt(at);
      if (code !== Char.Space && code !== Char.Newline && code !== Char.Tab && code !== Char.Return) return at;
    }
  }
}
