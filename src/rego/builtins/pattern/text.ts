import { spend } from "../../value/index.ts";
import { findText } from "../text-search.ts";

/**
 * A text for RE2's automata, which cannot be interrupted otherwise: each unit that they read is paid for. To be used for
 * long texts only, as it is slower than a plain one.
 */
export class MeteredText extends String {
  readonly #unitsPerRead: number;
  readonly #text: string;

  constructor(text: string, unitsPerRead: number) {
    super(text);
    this.#text = text;
    this.#unitsPerRead = unitsPerRead;
  }

  override charCodeAt(index: number): number {
    spend(this.#unitsPerRead);
    return this.#text.charCodeAt(index);
  }

  override indexOf(search: string, from = 0): number {
    return findText(this.#text, search, from);
  }
}
