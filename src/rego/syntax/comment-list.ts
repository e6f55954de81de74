import type { Location, Module } from "./ast.ts";

/** Numbers that are kept of a comment: where it begins and ends, its row and its column. */
const width = 4;

/** A text's comments, in their order. Few are ever looked at, so only their places are kept. */
export class CommentList {
  readonly #file: string;
  readonly #text: string;
  readonly #places: number[] = [];

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  get length(): number {
    return this.#places.length / width;
  }

  /** Notes a comment that begins with its `#`, unless it is known: a text may be read twice. */
  add({ offset, end, row, col }: Omit<Location, "file">): void {
    const places = this.#places;
    if (places.length === 0 || (places[places.length - width] as number) < offset) places.push(offset, end, row, col);
  }

  row(index: number): number {
    return this.#places[index * width + 2] ?? 0;
  }

  /** Whether the comment begins its row. */
  isFirstInRow(index: number): boolean {
    return this.#places[index * width + 3] === 1;
  }

  /** What follows the `#`. */
  text(index: number): string {
    const { offset, end } = this.location(index);
    return this.#text.slice(offset + 1, end);
  }

  location(index: number): Location {
    const [offset = 0, end = 0, row = 0, col = 0] = this.#places.slice(index * width, (index + 1) * width);
    return { file: this.#file, row, col, offset, end };
  }

  toArray(): Module["comments"] {
    return Array.from({ length: this.length }, (_, index) => ({
      text: this.text(index),
      location: this.location(index),
    }));
  }
}
