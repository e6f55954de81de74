import { isList, RegoObject, RegoSet, type Value } from "../value/index.ts";
import { undefinedMark } from "./context.ts";

type Scalar = null | boolean | number | string;

/** A scalar; a list of these members, where the mark stands for any; a text that a glob pattern may match. */
export type Alternative =
  | Scalar
  | { items: readonly (Scalar | typeof undefinedMark)[] }
  | { glob: string; delimiters: string };

/** For each branch: what it demands of which values, by their positions. Without alternatives: that the value is there. */
export type BranchTests = readonly (readonly [position: number, alternatives?: readonly Alternative[]])[];

/** Whether a collection has a scalar member: OPA's index cannot tell `x == 1` from `1 in x`. */
export function holds(value: Value | undefined, scalar: Value): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (isList(value)) return value.includes(scalar);
  if (value instanceof RegoSet) return value.has(scalar);
  return value instanceof RegoObject && value.unorderedKeys().some((key) => value.get(key) === scalar);
}

/** A function that tells whether a value is one of the alternatives. */
export function createMatcher(alternatives: readonly Alternative[]): (value: Value) => boolean {
  const tests = alternatives.map((one): ((value: Value) => boolean) => {
    if (typeof one !== "object" || one === null) return (value) => value === one || holds(value, one);
    if ("items" in one) return (value) => isList(value) && fits(value, one.items);
    const parts = toParts(one);
    return (value) => typeof value === "string" && fits(splitText(value, one.delimiters), parts);
  });
  return (value) => tests.some((test) => test(value));
}

function toParts({ glob, delimiters }: { glob: string; delimiters: string }): (string | typeof undefinedMark)[] {
  return splitText(glob, delimiters).map((part) => (part === "*" ? undefinedMark : part));
}

function fits(list: readonly Value[], items: readonly (Scalar | typeof undefinedMark)[]): boolean {
  return list.length === items.length && items.every((item, index) => item === undefinedMark || item === list[index]);
}

/** Parts between delimiters that no backslash stands before. */
function splitText(text: string, delimiters: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isEscaped = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === "\\" || isEscaped) isEscaped = !isEscaped;
    else if (delimiters.includes(character)) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** Finds the branches that values may lead to, in their order. */
export class BranchSelector {
  /** The position that most branches demand something of. */
  readonly #main: number;
  /** What each branch demands of the other positions. */
  readonly #others: readonly (readonly Check[])[];
  readonly #isExact: boolean;
  readonly #free: number[] = [];
  readonly #defined: number[] = [];
  readonly #scalars = new Map<Scalar, number[]>();
  readonly #lists = new Map<string, number[]>();
  readonly #globs = new Map<string, Map<string, number[]>>();
  /** Branches for scalars that were met, and for no value. */
  readonly #known = new Map<Scalar | typeof undefinedMark, readonly number[]>();
  readonly #other: readonly number[];

  constructor(branches: readonly BranchTests[]) {
    this.#main = findMain(branches);
    this.#others = branches.map((tests) => tests.filter(([position]) => position !== this.#main).map(toCheck));
    this.#isExact = this.#others.every((checks) => checks.length === 0);
    for (const [branch, tests] of branches.entries()) {
      const test = tests.find(([position]) => position === this.#main);
      if (test === undefined) this.#free.push(branch);
      else if (test[1] === undefined) this.#defined.push(branch);
      else for (const one of test[1]) this.#add(one, branch);
    }
    this.#other = this.#merge([]);
    this.#known.set(undefinedMark, this.#free);
    for (const scalar of this.#scalars.keys()) this.#known.set(scalar, this.#merge([this.#scalars.get(scalar)]));
  }

  #add(one: Alternative, branch: number): void {
    if (typeof one !== "object" || one === null) addTo(this.#scalars, one, branch);
    else if ("items" in one) addTo(this.#lists, keyOfItems(one.items), branch);
    else {
      let lists = this.#globs.get(one.delimiters);
      if (lists === undefined) {
        lists = new Map();
        this.#globs.set(one.delimiters, lists);
      }
      addTo(lists, keyOfItems(toParts(one)), branch);
    }
  }

  #merge(lists: readonly (readonly number[] | undefined)[]): readonly number[] {
    const found = new Set([...this.#free, ...this.#defined]);
    for (const list of lists) if (list !== undefined) for (const branch of list) found.add(branch);
    return [...found].sort((a, b) => a - b);
  }

  /** Positions of the branches that may hold for the values; undefined stands for no value. */
  select(values: readonly (Value | undefined)[]): readonly number[] {
    const found = this.#selectMain(values[this.#main]);
    return this.#isExact ? found : found.filter((branch) => this.#others[branch]?.every((check) => check(values)));
  }

  #selectMain(value: Value | undefined): readonly number[] {
    if (value === undefined) return this.#free;
    if (typeof value === "string" && this.#globs.size > 0) {
      const lists = [this.#scalars.get(value)];
      for (const [delimiters, patterns] of this.#globs) addLists(lists, patterns, splitText(value, delimiters));
      return this.#merge(lists);
    }
    if (typeof value !== "object" || value === null) return this.#known.get(value) ?? this.#other;
    if (!isList(value) && !(value instanceof RegoObject) && !(value instanceof RegoSet)) return this.#other;
    const lists: (number[] | undefined)[] = [];
    if (isList(value)) addLists(lists, this.#lists, value);
    if (this.#scalars.size > 0) for (const member of membersOf(value)) lists.push(this.#scalars.get(member as Scalar));
    return this.#merge(lists);
  }
}

type Check = (values: readonly (Value | undefined)[]) => boolean;

function toCheck([position, alternatives]: BranchTests[number]): Check {
  if (alternatives === undefined) return (values) => values[position] !== undefined;
  const matches = createMatcher(alternatives);
  return (values) => {
    const value = values[position];
    return value !== undefined && matches(value);
  };
}

function findMain(branches: readonly BranchTests[]): number {
  const counts = new Map<number, number>();
  for (const tests of branches) {
    for (const [position, alternatives] of tests) {
      if (alternatives !== undefined) counts.set(position, (counts.get(position) ?? 0) + 1);
    }
  }
  let main = 0;
  for (const [position, count] of counts) if (count > (counts.get(main) ?? 0)) main = position;
  return main;
}

function addTo<K>(map: Map<K, number[]>, key: K, branch: number): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [branch]);
  else known.push(branch);
}

/** Lists are found by their length and the first member that is not any. */
function keyOfItems(items: readonly (Scalar | typeof undefinedMark)[]): string {
  const index = items.findIndex((item) => item !== undefinedMark);
  return index < 0 ? String(items.length) : keyOfItem(items.length, index, items[index] as Scalar);
}

function keyOfItem(length: number, index: number, item: Scalar): string {
  return `${length} ${index} ${typeof item} ${item}`;
}

function addLists(
  lists: (number[] | undefined)[],
  patterns: ReadonlyMap<string, number[]>,
  list: readonly Value[],
): void {
  if (patterns.size === 0) return;
  lists.push(patterns.get(String(list.length)));
  for (const [index, item] of list.entries()) {
    if (typeof item !== "object" || item === null) lists.push(patterns.get(keyOfItem(list.length, index, item)));
  }
}

function membersOf(collection: readonly Value[] | RegoObject | RegoSet): readonly Value[] {
  if (isList(collection)) return collection;
  if (collection instanceof RegoSet) return collection.unordered();
  return collection.unorderedKeys().map((key) => collection.get(key) as Value);
}
