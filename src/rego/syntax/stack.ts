/**
 * What lists of a tree are gathered on while their elements are read: an array that grows has room for 17 elements, and a
 * tree has tens of thousands of short ones.
 */
export class Stack {
  size = 0;
  readonly #items: unknown[] = [];

  push(item: unknown): void {
    this.#items[this.size] = item;
    this.size += 1;
  }

  /** Takes away what was put here since the stack had that size: the caller knows of what type it is. */
  take<Item>(from: number): Item[] {
    const taken = this.#items.slice(from, this.size) as Item[];
    this.size = from;
    return taken;
  }
}
