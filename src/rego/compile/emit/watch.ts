import type { Location } from "../../syntax/index.ts";
import type { CompiledSite, CompiledWatchedRule, SourceSpan, Watch } from "../compiled.ts";
import type { DocumentKey } from "../document-key.ts";

/** What stands in the scope of code that is being written: names or terms, with the JavaScript that gives their values. */
export interface SiteScope {
  locals: readonly (readonly [name: string, expression: string])[];
  terms: readonly (readonly [place: Location, expression: string])[];
  /** Whether the code is for where a term has no value. */
  isMissing: boolean;
}

const emptyScope: SiteScope = { locals: [], terms: [], isMissing: false };

/** The code that reports what is evaluated, and the tables that say what the reports mean. Empty where nothing is watched. */
export class WatchTables {
  readonly mode: Watch;
  readonly sites: CompiledSite[] = [];
  readonly rules: CompiledWatchedRule[] = [];
  readonly #location: (place: Location) => number;
  /** One for each expression: code of one rule can be written more than once. */
  readonly #timed = new Map<object, number>();
  readonly #ruleIndices = new Map<Location, number>();
  #rule = -1;

  constructor(mode: Watch, location: (place: Location) => number) {
    this.mode = mode;
    this.#location = location;
  }

  /** At the beginning of a rule's body. */
  beginRule(path: readonly DocumentKey[], location: Location): string {
    if (this.mode !== "times" && this.mode !== "failures") return "";
    let index = this.#ruleIndices.get(location);
    if (index === undefined) {
      const { file, row, col } = location;
      index = this.rules.push({ path: ["data", ...path].join("."), location: { file, row, col } }) - 1;
      this.#ruleIndices.set(location, index);
    }
    this.#rule = index;
    return this.mode === "times" ? `K.began(${index});` : "";
  }

  /** Where a rule's body was true. */
  whenTrue(place: Location): string {
    return this.mode === "rows" ? `H[${this.#location(place)}]++;` : "";
  }

  /** Before an expression is evaluated. */
  before(expression: object, place: Location): string {
    if (this.mode === "rows") return `H[${this.#location(place)}]++;`;
    if (this.mode === "times") return `K.at(${this.#timedSite(expression, place)});`;
    return this.mode === "failures" ? `K.at(${this.#addSite(place, emptyScope)});` : "";
  }

  /** For each solution of an expression. */
  solved(expression: object, place: Location): string {
    return this.mode === "times" ? `K.solved(${this.#timedSite(expression, place)});` : "";
  }

  /** Where an expression is not true. */
  failed(place: Location, scope: SiteScope): string {
    if (this.mode !== "failures") return "";
    const values = [...scope.locals, ...scope.terms].map(([, expression]) => expression);
    return `K.failed(${this.#addSite(place, scope)},[${values.join(",")}]);`;
  }

  #timedSite(expression: object, place: Location): number {
    let index = this.#timed.get(expression);
    if (index === undefined) {
      index = this.#addSite(place, emptyScope);
      this.#timed.set(expression, index);
    }
    return index;
  }

  #addSite(place: Location, { locals, terms, isMissing }: SiteScope): number {
    const site = {
      span: toSpan(place),
      rule: this.#rule,
      locals: locals.map(([name]) => name),
      terms: terms.map(([term]) => toSpan(term)),
      isMissing,
    };
    return this.sites.push(site) - 1;
  }
}

function toSpan({ file, row, col, offset, end }: Location): SourceSpan {
  return { file, row, col, offset, end };
}
