import type { Location, Term } from "./ast.ts";

type Collection = Extract<Term, { kind: "array" | "object" }>;

/**
 * An array that is written as JSON, as `JsonExtents` finds them. Data in policies can be larger than all the rest: most who look at a tree only want its
 * value, so its terms are made when they are asked for.
 */
export class JsonArray {
  readonly kind = "array";
  readonly location: Location;
  readonly #json: () => string;
  readonly #read: () => Term;
  #items: Term[] | undefined;

  constructor(location: Location, json: () => string, read: () => Term) {
    this.location = location;
    this.#json = json;
    this.#read = read;
  }

  get json(): string {
    return this.#json();
  }

  get items(): Term[] {
    this.#items ??= (this.#read() as Extract<Collection, { kind: "array" }>).items;
    return this.#items;
  }
}

/** The same for an object. */
export class JsonObject {
  readonly kind = "object";
  readonly location: Location;
  readonly #json: () => string;
  readonly #read: () => Term;
  #pairs: [Term, Term][] | undefined;

  constructor(location: Location, json: () => string, read: () => Term) {
    this.location = location;
    this.#json = json;
    this.#read = read;
  }

  get json(): string {
    return this.#json();
  }

  get pairs(): [Term, Term][] {
    this.#pairs ??= (this.#read() as Extract<Collection, { kind: "object" }>).pairs;
    return this.#pairs;
  }
}
