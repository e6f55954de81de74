import type { Location } from "../../syntax/index.ts";
import type { Statement, Term, Variable } from "../ir.ts";
import { Bindings } from "./bindings.ts";
import { emitCall } from "./call.ts";
import { emitComprehension } from "./comprehension.ts";
import { emitEvery } from "./every.ts";
import { hoist } from "./hoist.ts";
import { emitRef } from "./ref.ts";
import { isEquality, StatementWatch } from "./statement-watch.ts";
import { emitEqual } from "./unify.ts";
import type { EmitUnit } from "./unit.ts";
import { emitWith } from "./with-clauses.ts";

/** How code leaves what it is in when an expression is not true, and where it notes that one is pending. */
interface Exits {
  fail: string;
  /** The variable that is set where an answer is missing. */
  pending: string;
}

/**
 * Writes a body as JavaScript: nested loops and blocks, with a local variable for each variable of the policy. An
 * expression that fails leaves its block or goes on with the next iteration of the innermost loop.
 */
export class BodyEmitter {
  readonly unit: EmitUnit;
  readonly lines: string[] = [];
  readonly watch: StatementWatch;
  /** The context that is evaluated in: another one inside of `with`. */
  context = "c";
  exits: Exits;
  /** Whether the body is a function's: it is evaluated for each call. */
  isCalled = false;
  readonly #bindings = new Bindings();
  /** For the body and each open loop in it: the line that declares what is computed once for each iteration. */
  #levels: number[] = [];
  /** The level that the context was entered at. */
  #contextLevel = 0;
  /** Loops that are open in the innermost block. */
  #open = 0;
  /** The statement that is being written. */
  #statement: Statement | undefined;
  /** Variables for what is pending that some code sets. */
  readonly #pendings = new Set<string>();

  constructor(unit: EmitUnit, pending: string) {
    this.unit = unit;
    this.exits = { fail: "", pending };
    this.watch = new StatementWatch(unit.watch, this);
  }

  /** An emitter for a function of its own. */
  apart(): BodyEmitter {
    return new BodyEmitter(this.unit, "p");
  }

  push(line: string): void {
    this.lines.push(line);
  }

  name(prefix: string): string {
    return this.unit.name(prefix);
  }

  /** The expression in an identifier or a literal, which can be used more than once. */
  atom(expression: string): string {
    if (/^[\w$]+$|^"(?:[^"\\]|\\.)*"$/.test(expression)) return expression;
    const name = this.unit.name("t");
    this.push(`const ${name}=${expression};`);
    return name;
  }

  fail(isMissing = false): string {
    return this.watch.failing(this.exits.fail, isMissing);
  }

  /** Remembers the value of a term in code that is open, for reports of failures. Returns the value. */
  note(place: Location, expression: string): string {
    if (!this.watch.isNoting) return expression;
    const atom = this.atom(expression);
    this.watch.note(place, atom);
    return atom;
  }

  isBound(variable: Variable): boolean {
    return this.#bindings.has(variable);
  }

  value(variable: Variable): string {
    return this.#bindings.expression(variable);
  }

  bind(variable: Variable, expression: string): void {
    this.#bindings.bind(variable, expression, this.#levels.length);
  }

  locals(): [name: string, expression: string][] {
    return this.#bindings.named();
  }

  /** A term that stands for an expression that was evaluated already. */
  stored(expression: string, location: Location): Term {
    const variable: Variable = { id: -1, name: "", generated: true };
    this.bind(variable, expression);
    return { kind: "variable", variable, location };
  }

  /** Opens a loop; it is closed with the body that it is in. */
  openLoop(header: string): void {
    const label = this.unit.name("L");
    this.push(`${label}:${header}{if(++S.steps>S.maxSteps)K.tick();`);
    this.exits = { ...this.exits, fail: `continue ${label};` };
    this.#open += 1;
    this.#openLevel();
  }

  #openLevel(): void {
    this.#levels.push(this.lines.length);
    this.push("");
  }

  /** Writes what is in a loop that the caller closes. */
  inLevel(part: () => void): void {
    const levels = this.#levels.length;
    const mark = this.#bindings.mark();
    this.#openLevel();
    part();
    this.#levels.length = levels;
    this.#bindings.release(mark);
  }

  /** A variable that lives as long as an iteration of the loop of a level; undefined where that is the innermost one. */
  declareAt(level: number): string | undefined {
    const line = this.#levels[level - 1];
    if (level >= this.#levels.length || line === undefined) return undefined;
    const name = this.unit.name("h");
    this.lines[line] += `let ${name};`;
    return name;
  }

  get contextLevel(): number {
    return this.#contextLevel;
  }

  levelOf(variable: Variable): number {
    return this.#bindings.levelOf(variable);
  }

  get openLoops(): number {
    return this.#open;
  }

  /** Whether what comes next can run several times in the innermost block. */
  isInLoop(): boolean {
    return this.#open > 0;
  }

  /** Whether what comes next can run several times. */
  isBelowLoop(): boolean {
    return this.#levels.length > 1;
  }

  /** Leaves where the value is undefined, and notes where it is pending. */
  require(name: string, isPending: boolean): void {
    if (isPending) {
      this.#pendings.add(this.exits.pending);
      this.push(`if(${name}===P){${this.exits.pending}=true;${this.exits.fail}}`);
    }
    this.push(`if(${name}===undefined)${this.fail(true)}`);
  }

  /** Whether any code so far sets the variable. */
  canPend(pending: string): boolean {
    return this.#pendings.has(pending);
  }

  /** Marks that code sets the variable. */
  notePending(pending: string): void {
    this.#pendings.add(pending);
  }

  /** Notes what is pending in a nested block, and leaves. */
  requireSettled(pending: string): void {
    if (!this.canPend(pending)) return;
    this.#pendings.add(this.exits.pending);
    this.push(`if(${pending}){${this.exits.pending}=true;${this.exits.fail}}`);
  }

  /** A block that runs `success` for each solution of the body. `pending` collects what is pending in it. */
  block(body: readonly Statement[], pending: string, success: (label: string) => void): void {
    const label = this.unit.name("L");
    const { exits } = this;
    const open = this.#open;
    const mark = this.#bindings.mark();
    const levels = this.#levels.length;
    this.push(`${label}:{`);
    if (levels === 0) this.#openLevel();
    this.exits = { fail: `break ${label};`, pending };
    this.#open = 0;
    const write = (): void => {
      for (const statement of body) this.statement(statement);
      success(label);
    };
    this.watch.block(write, (endings) => {
      for (const ending of endings) this.#close(ending.open, ending.code);
      this.#close(0, "}");
    });
    this.#open = open;
    this.#levels.length = levels;
    this.exits = exits;
    this.#bindings.release(mark);
  }

  /** Closes all loops but some. */
  #close(open: number, code: string): void {
    this.push(`${"}".repeat(this.#open - open)}${code}`);
    this.#open = open;
  }

  statement(statement: Statement): void {
    const { context } = this;
    const contextLevel = this.#contextLevel;
    const outer = this.#statement;
    this.#statement = statement;
    this.watch.statement(statement, () => {
      if (statement.with.length > 0) {
        this.context = emitWith(this, statement);
        this.#contextLevel = this.#levels.length;
      }
      if (statement.negated) this.#negated(hoist(this, statement));
      else this.#core(statement);
    });
    this.context = context;
    this.#contextLevel = contextLevel;
    this.#statement = outer;
  }

  #negated(statement: Statement): void {
    const found = this.unit.name("n");
    const pending = this.unit.name("p");
    const line = this.lines.length;
    this.push(`let ${found}=false,${pending}=false;`);
    const mark = this.watch.mark();
    const kept: [Location, string][] = [];
    this.watch.inside(() =>
      this.block([{ ...statement, negated: false, with: [] }], pending, (label) => {
        for (const [place, expression] of this.watch.notedSince(mark)) kept.push([place, this.#keep(expression, line)]);
        this.push(`${found}=true;break ${label};`);
      }),
    );
    for (const [place, name] of kept) this.watch.note(place, name);
    this.push(`if(${found})${this.fail()}`);
    this.watch.forget(mark);
    this.requireSettled(pending);
  }

  /** Keeps a value behind the block that it is computed in: in a variable that an earlier line declares. */
  #keep(expression: string, line: number): string {
    const name = this.unit.name("k");
    this.lines[line] += `let ${name};`;
    this.push(`${name}=${expression};`);
    return name;
  }

  #core(statement: Statement): void {
    switch (statement.kind) {
      case "equal":
        emitEqual(this, statement);
        return;
      case "term": {
        const name = this.atom(this.term(statement.term));
        if (name === "false") this.push(`if(true)${this.fail()}`);
        else if (statement.term.kind !== "constant") this.push(`if(${name}===false)${this.fail()}`);
        return;
      }
      case "call": {
        if (isEquality(statement)) {
          const [left, right] = statement.args as [Term, Term];
          emitEqual(this, { left, right, location: statement.location });
        } else emitCall(this, statement);
        return;
      }
      case "every":
        emitEvery(this, statement);
    }
  }

  /** A term as an expression. What can be undefined in it was checked before: code for that is written here. */
  term(term: Term): string {
    switch (term.kind) {
      case "constant":
        return this.unit.constant(term.value);
      case "variable":
        return this.value(term.variable);
      case "array":
        return `[${term.items.map((item) => this.term(item)).join(",")}]`;
      case "set":
        return `K.set([${term.items.map((item) => this.term(item)).join(",")}])`;
      case "object": {
        const members = term.pairs.flatMap(([key, value]) => [this.term(key), this.term(value)]);
        return `K.object([${members.join(",")}])`;
      }
      case "ref":
        return this.watch.term(term, () => this.note(term.location, emitRef(this, term)));
      case "comprehension":
        return this.watch.term(term, () => this.note(term.location, emitComprehension(this, term, this.#statement)));
    }
  }
}
