import type { Location } from "../../syntax/index.ts";
import type { CallStatement, Statement, Term } from "../ir.ts";
import type { WatchTables } from "./watch.ts";

/** The code that is being written, as far as it is watched. */
interface Written {
  push(line: string): void;
  /** Loops that are open in the innermost block. */
  readonly openLoops: number;
  /** A new identifier. */
  name(prefix: string): string;
  locals(): [name: string, expression: string][];
}

/** The statement that is being written. */
interface WatchedStatement {
  location: Location;
  /** Tells expressions apart: several can be at one place. */
  key: object;
  /** Loops that were open before it. */
  open: number;
  /** Whether it is inside of a comprehension or a negation. */
  isInner: boolean;
  /** The variable that says whether it had a solution, and the code for where it had none. */
  solved: string;
  ending: string;
  /** Terms that are no expressions of their own. */
  direct: readonly Term[];
}

/** A term, and the JavaScript that gives its value. */
type Note = [place: Location, expression: string];

/** Code for where the loops end that a statement has opened in the innermost block. */
export interface Ending {
  open: number;
  code: string;
}

/** Writes the reports of what is evaluated and of what is not true, for who watches. Nothing where nobody does. */
export class StatementWatch {
  readonly #tables: WatchTables;
  readonly #written: Written;
  #watched: WatchedStatement | undefined;
  /** Terms that were evaluated in code that is still open, where failures are watched. */
  #noted: Note[] = [];
  #endings: Ending[] = [];

  constructor(tables: WatchTables, written: Written) {
    this.#tables = tables;
    this.#written = written;
  }

  /** Code that leaves the statement because it is not true. */
  failing(exit: string, isMissing: boolean): string {
    const watched = this.#watched;
    // In a loop of the statement itself another solution may follow: what is said then stands where the loop ends.
    if (watched === undefined || watched.isInner || this.#written.openLoops > watched.open) return exit;
    const code = this.#failed(watched.location, isMissing);
    return code === "" ? exit : `{${code}${exit}}`;
  }

  #failed(location: Location, isMissing: boolean): string {
    const scope = { locals: this.#written.locals(), terms: [...this.#noted], isMissing };
    return this.#tables.failed(location, scope);
  }

  /** Whether values of terms are told of. */
  get isNoting(): boolean {
    return this.#tables.mode === "failures";
  }

  /** Remembers the value of a term in code that is open. */
  note(place: Location, expression: string): void {
    this.#noted.push([place, expression]);
  }

  /** Forgets what was noted since the mark. */
  forget(mark: number): void {
    this.#noted.length = mark;
  }

  /** What was noted since the mark in code that is open. */
  notedSince(mark: number): readonly Note[] {
    return this.#noted.slice(mark);
  }

  /** How much is noted. */
  mark(): number {
    return this.#noted.length;
  }

  /** Writes a statement. What is not true of it is reported, and that it was evaluated. */
  statement(statement: Statement, part: () => void): void {
    if (this.#tables.mode === "nothing") {
      part();
      return;
    }
    const outer = this.#watched;
    const watched = this.#begin(statement, outer);
    this.#watched = watched;
    part();
    this.#settle(watched, statement.negated);
    this.#watched = outer;
  }

  #begin(statement: Statement, outer: WatchedStatement | undefined): WatchedStatement {
    const { location } = statement;
    const isInner = outer?.isInner === true;
    // What a negation negates is the same expression.
    const key = outer?.location === location ? outer.key : statement;
    if (this.#tables.mode !== "rows" || key === statement) this.#written.push(this.#tables.before(key, location));
    const ending = isInner ? "" : this.#failed(location, false);
    const solved = ending === "" ? "" : this.#written.name("n");
    if (solved !== "") this.#written.push(`let ${solved}=false;`);
    return { location, key, open: this.#written.openLoops, isInner, solved, ending, direct: directTerms(statement) };
  }

  /** The statement has a solution. */
  #settle({ location, key, open, solved, ending }: WatchedStatement, isNegated: boolean): void {
    if (!isNegated) this.#written.push(this.#tables.solved(key, location));
    if (solved === "" || this.#written.openLoops === open) return;
    this.#written.push(`${solved}=true;`);
    this.#endings.push({ open, code: `if(!${solved})${ending}` });
  }

  /** References and comprehensions inside of other terms are expressions of their own in OPA, with rows of their own. */
  term(term: Term, part: () => string): string {
    const watched = this.#watched;
    if (watched === undefined || (term.kind !== "ref" && term.kind !== "comprehension")) return part();
    const isOwn = !watched.direct.includes(term);
    if (isOwn) this.#written.push(this.#tables.before(term, term.location));
    const value = part();
    if (isOwn) this.#written.push(this.#tables.solved(term, term.location));
    return value;
  }

  /** Writes code whose failures say nothing about the rule that it is in. */
  inside(part: () => void): void {
    const watched = this.#watched;
    if (watched !== undefined) this.#watched = { ...watched, isInner: true };
    part();
    this.#watched = watched;
  }

  /** Writes a block. `close` is given the endings of its statements, the last first, before what it noted is forgotten. */
  block(part: () => void, close: (endings: readonly Ending[]) => void): void {
    const endings = this.#endings;
    const noted = this.#noted.length;
    this.#endings = [];
    part();
    close(this.#endings.reverse());
    this.#endings = endings;
    this.#noted.length = noted;
  }
}

export function isEquality(statement: Statement): statement is CallStatement {
  if (statement.kind !== "call" || statement.output !== undefined) return false;
  return statement.callee.kind === "builtin" && statement.callee.name === "equal" && statement.args.length === 2;
}

function directTerms(statement: Statement): readonly Term[] {
  if (statement.kind === "equal") return [statement.left, statement.right];
  if (isEquality(statement)) return statement.args;
  return statement.kind === "term" ? [statement.term] : [];
}
