import { RegoError, RegoErrors } from "../../errors.ts";
import type { Location } from "../../syntax/index.ts";
import type { CallStatement, ComprehensionTerm, EveryStatement, Statement, Term, Variable } from "../ir.ts";
import { addClosureVariables } from "../variables.ts";
import { walkTerm } from "../walk.ts";
import { emitCall } from "./call.ts";
import { emitIndexed, isReplacing } from "./comprehension-index.ts";
import { hoist } from "./hoist.ts";
import { emitRef } from "./ref.ts";
import { emitEqual } from "./unify.ts";
import type { EmitUnit } from "./unit.ts";
import type { SiteScope } from "./watch.ts";

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
  /** The context that is evaluated in: another one inside of `with`. */
  context = "c";
  exits: Exits;
  /** Whether the body is a function's: it is evaluated for each call. */
  isCalled = false;
  #bound = new Map<Variable, { expression: string; level: number }>();
  #trail: Variable[] = [];
  /** For the body and each open loop in it: the line that declares what is computed once for each iteration. */
  #levels: number[] = [];
  /** The level that the context was entered at. */
  #contextLevel = 0;
  /** Loops that are open in the innermost block. */
  #open = 0;
  /** The statement that is being written. */
  #statement: Statement | undefined;
  /** The statement that is being written, where something is watched. */
  #watched: WatchedStatement | undefined;
  /** Terms that were evaluated in code that is still open, where failures are watched. */
  #noted: [Location, string][] = [];
  /** Code for where the loops end that a statement has opened in the innermost block. */
  #endings: { open: number; code: string }[] = [];
  /** Variables for what is pending that some code sets. */
  readonly #pendings = new Set<string>();

  constructor(unit: EmitUnit, pending: string) {
    this.unit = unit;
    this.exits = { fail: "", pending };
  }

  /** An emitter for a function of its own. */
  apart(): BodyEmitter {
    return new BodyEmitter(this.unit, "p");
  }

  push(line: string): void {
    this.lines.push(line);
  }

  fail(isMissing = false): string {
    const watched = this.#watched;
    // In a loop of the statement itself another solution may follow: what is said then stands where the loop ends.
    if (watched === undefined || watched.isInner || this.#open > watched.open) return this.exits.fail;
    const code = this.unit.watch.failed(watched.location, { ...this.#scope(), isMissing });
    return code === "" ? this.exits.fail : `{${code}${this.exits.fail}}`;
  }

  #scope(): SiteScope {
    const locals: [string, string][] = [];
    for (const [{ name, generated }, { expression }] of this.#bound) {
      if (!generated && name !== "_") locals.push([name, expression]);
    }
    return { locals, terms: [...this.#noted], isMissing: false };
  }

  /** Remembers the value of a term in code that is open, for reports of failures. Returns the value. */
  note(place: Location, expression: string): string {
    if (this.unit.watch.mode !== "failures") return expression;
    const atom = this.atom(expression);
    this.#noted.push([place, atom]);
    return atom;
  }

  isBound(variable: Variable): boolean {
    return this.#bound.has(variable);
  }

  value(variable: Variable): string {
    const bound = this.#bound.get(variable);
    if (bound === undefined) throw toUnsafe(variable);
    return bound.expression;
  }

  bind(variable: Variable, expression: string): void {
    this.#bound.set(variable, { expression, level: this.#levels.length });
    this.#trail.push(variable);
  }

  /** A term that stands for an expression that was evaluated already. */
  stored(expression: string, location: Location): Term {
    const variable: Variable = { id: -1, name: "", generated: true };
    this.bind(variable, expression);
    return { kind: "variable", variable, location };
  }

  /** The expression in an identifier or a literal, which can be used more than once. */
  atom(expression: string): string {
    if (/^[\w$]+$|^"(?:[^"\\]|\\.)*"$/.test(expression)) return expression;
    const name = this.unit.name("t");
    this.push(`const ${name}=${expression};`);
    return name;
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

  /** Whether what comes next can run several times in the innermost block. */
  isInLoop(): boolean {
    return this.#open > 0;
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
    const mark = this.#trail.length;
    const levels = this.#levels.length;
    const noted = this.#noted.length;
    const endings = this.#endings;
    this.#endings = [];
    this.push(`${label}:{`);
    if (levels === 0) this.#openLevel();
    this.exits = { fail: `break ${label};`, pending };
    this.#open = 0;
    for (const statement of body) this.statement(statement);
    success(label);
    for (const ending of this.#endings.reverse()) {
      this.push(`${"}".repeat(this.#open - ending.open)}${ending.code}`);
      this.#open = ending.open;
    }
    this.push(`${"}".repeat(this.#open)}}`);
    this.#endings = endings;
    this.#noted.length = noted;
    this.#open = open;
    this.#levels.length = levels;
    this.exits = exits;
    this.#unbind(mark);
  }

  /** Forgets the variables that were bound since: the code that declares them is closed. */
  #unbind(mark: number): void {
    for (const variable of this.#trail.splice(mark)) this.#bound.delete(variable);
  }

  statement(statement: Statement): void {
    const { context } = this;
    const contextLevel = this.#contextLevel;
    const watched = this.#watched;
    const outer = this.#statement;
    this.#statement = statement;
    if (this.unit.watch.mode !== "nothing") this.#watch(statement);
    if (statement.with.length > 0) this.#enterWith(statement);
    if (statement.negated) this.#negated(hoist(this, statement));
    else this.#core(statement);
    if (this.#watched !== undefined) this.#settle(this.#watched, statement.negated);
    this.context = context;
    this.#contextLevel = contextLevel;
    this.#watched = watched;
    this.#statement = outer;
  }

  #watch(statement: Statement): void {
    const { location } = statement;
    const outer = this.#watched;
    const isInner = outer?.isInner === true;
    // What a negation negates is the same expression.
    const key = outer?.location === location ? outer.key : statement;
    if (this.unit.watch.mode !== "rows" || key === statement) this.push(this.unit.watch.before(key, location));
    const ending = isInner ? "" : this.unit.watch.failed(location, this.#scope());
    const solved = ending === "" ? "" : this.unit.name("n");
    if (solved !== "") this.push(`let ${solved}=false;`);
    this.#watched = { location, key, open: this.#open, isInner, solved, ending, direct: directTerms(statement) };
  }

  /** The statement has a solution. */
  #settle({ location, key, open, solved, ending }: WatchedStatement, isNegated: boolean): void {
    if (!isNegated) this.push(this.unit.watch.solved(key, location));
    if (solved === "" || this.#open === open) return;
    this.push(`${solved}=true;`);
    this.#endings.push({ open, code: `if(!${solved})${ending}` });
  }

  /** References and comprehensions inside of other terms are expressions of their own in OPA, with rows of their own. */
  #watchedTerm(term: Term): string {
    const isOwn = this.#watched?.direct.includes(term) !== true;
    if (isOwn) this.push(this.unit.watch.before(term, term.location));
    const value = this.note(term.location, this.#term(term));
    if (isOwn) this.push(this.unit.watch.solved(term, term.location));
    return value;
  }

  /** Writes code whose failures say nothing about the rule that it is in. */
  #inside(part: () => void): void {
    const watched = this.#watched;
    if (watched !== undefined) this.#watched = { ...watched, isInner: true };
    part();
    this.#watched = watched;
  }

  #enterWith(statement: Statement): void {
    const values = statement.with.map(({ value }) => {
      if (value.kind === "term") return this.term(value.term);
      return this.functionValue(value.callee, statement.location);
    });
    const name = this.unit.name("c");
    const site = this.unit.withSite(statement.with);
    this.push(
      `const ${name}=K.with(${this.context},${site},[${values.join(",")}],${this.unit.location(statement.location)});`,
    );
    this.context = name;
    this.#contextLevel = this.#levels.length;
  }

  /** A function as a value, for `with f as g`. */
  functionValue(
    callee: { kind: "builtin"; name: string } | { kind: "rule"; path: string[] },
    location: Location,
  ): string {
    if (callee.kind === "rule") {
      const group = this.unit.plan.tree.findGroup(callee.path);
      return `K.replacement((c,a)=>F${group?.index}(c,...a))`;
    }
    const known = this.unit.plan.functions.get(callee.name);
    const at = this.unit.location(location);
    if (known?.kind === "external") return `K.replacement((c,a)=>K.external(c,${this.unit.constant(callee.name)},a))`;
    return `K.replacement((c,a)=>K.call(c,${this.unit.builtin(callee.name)},${at},a))`;
  }

  #negated(statement: Statement): void {
    const found = this.unit.name("n");
    const pending = this.unit.name("p");
    this.push(`let ${found}=false,${pending}=false;`);
    this.#inside(() =>
      this.block([{ ...statement, negated: false, with: [] }], pending, (label) => {
        this.push(`${found}=true;break ${label};`);
      }),
    );
    this.push(`if(${found})${this.fail()}`);
    this.requireSettled(pending);
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
        this.#every(statement);
    }
  }

  /** A term as an expression. What can be undefined in it was checked before: code for that is written here. */
  term(term: Term): string {
    if (this.#watched !== undefined && (term.kind === "ref" || term.kind === "comprehension")) {
      return this.#watchedTerm(term);
    }
    return this.#term(term);
  }

  #term(term: Term): string {
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
        return emitRef(this, term);
      case "comprehension":
        return this.#hoisted(term) ?? this.#indexed(term);
    }
  }

  /** A comprehension that does not depend on the loops around it is evaluated once, when it is first needed. */
  #hoisted(term: ComprehensionTerm): string | undefined {
    const level = this.#levelOf(term);
    const line = this.#levels[level - 1];
    if (level >= this.#levels.length || line === undefined || isShowing(term)) return undefined;
    const name = this.unit.name("h");
    this.lines[line] += `let ${name};`;
    this.push(`if(${name}===undefined){`);
    this.push(`${name}=${this.#indexed(term)};}`);
    return name;
  }

  /** A comprehension that is evaluated again and again is looked up where it can be. */
  #indexed(term: ComprehensionTerm): string {
    const isRepeated = this.isCalled || this.#levels.length > 1 || term.of === "object";
    return (isRepeated ? emitIndexed(this, term, this.#statement) : undefined) ?? this.#comprehension(term);
  }

  /** The innermost level that a comprehension depends on. */
  #levelOf(term: ComprehensionTerm): number {
    const closed = new Set<Variable>();
    addClosureVariables(term, closed);
    let level = Math.max(1, this.#contextLevel);
    for (const variable of closed) level = Math.max(level, this.#bound.get(variable)?.level ?? 0);
    return level;
  }

  #comprehension(term: ComprehensionTerm): string {
    const builder = this.unit.name("a");
    const pending = this.unit.name("p");
    const isSetting = isReplacing(this, term, this.#statement);
    const create = { array: "[]", set: "new SetBuilder()", object: "new ObjectBuilder()" }[term.of];
    this.push(`const ${builder}=${create};let ${pending}=false;`);
    const add = (): void => {
      const value = this.term(term.term);
      // A list asks for memory now and then: V8 ends the process where there is none left.
      if (term.of === "array")
        this.push(`${builder}.push(${value});if((${builder}.length&32767)===0)K.grow(${builder});`);
      else if (term.of === "set") this.push(`${builder}.add(${value});`);
      else if (term.key !== undefined) {
        const at = this.unit.location(term.location);
        const member = `${this.term(term.key)},${value}`;
        if (isSetting) this.push(`${builder}.set(${member});`);
        else this.push(`if(!${builder}.insert(${member}))K.conflict("object",${at});`);
      }
    };
    this.#inside(() => this.block(term.body, pending, add));
    this.requireSettled(pending);
    if (term.of === "array") return builder;
    return this.atom(`${builder}.build()`);
  }

  #every(statement: EveryStatement): void {
    const domain = this.atom(this.term(statement.domain));
    const pending = this.unit.name("p");
    const holds = this.unit.name("n");
    const some = this.unit.name("n");
    const inner = this.unit.name("p");
    const label = this.unit.name("L");
    const { items, index, mode } = this.iteration(domain);
    this.push(`if(${mode}<0)${this.fail()}let ${pending}=false,${holds}=true;`);
    this.push(`${label}:for(let ${index}=0;${index}<${items}.length;${index}++){if(++S.steps>S.maxSteps)K.tick();`);
    const levels = this.#levels.length;
    const mark = this.#trail.length;
    this.#openLevel();
    this.push(`let ${some}=false,${inner}=false;`);
    if (statement.key !== undefined) this.bind(statement.key, this.keyAt(items, index, mode));
    this.bind(statement.value, this.valueAt(domain, items, index, mode));
    this.block(statement.body, inner, (block) => {
      this.push(`${some}=true;break ${block};`);
    });
    if (this.canPend(inner)) this.notePending(pending);
    const isInner = this.canPend(inner) ? `if(${inner})${pending}=true;else` : "";
    this.push(`if(!${some}){${isInner}{${holds}=false;break ${label};}}}`);
    this.#levels.length = levels;
    this.#unbind(mark);
    this.push(`if(!${holds})${this.fail()}`);
    this.requireSettled(pending);
  }

  /** Prepares to iterate over a value: its items, the name of the index, and the kind of collection. */
  iteration(value: string): { items: string; index: string; mode: string } {
    const items = this.unit.name("i");
    const mode = this.unit.name("m");
    this.push(`const ${mode}=K.mode(${value}),${items}=K.items(${value},${mode});`);
    return { items, index: this.unit.name("j"), mode };
  }

  keyAt(items: string, index: string, mode: string): string {
    return this.atom(`${mode}===0?${index}:${items}[${index}]`);
  }

  valueAt(value: string, items: string, index: string, mode: string): string {
    return this.atom(`${mode}===1?(${value}).get(${items}[${index}]):${items}[${index}]`);
  }
}

/** What `BodyEmitter` knows of the statement that it writes, for those who watch. */
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

function isEquality(statement: Statement): statement is CallStatement {
  if (statement.kind !== "call" || statement.output !== undefined) return false;
  return statement.callee.kind === "builtin" && statement.callee.name === "equal" && statement.args.length === 2;
}

function directTerms(statement: Statement): readonly Term[] {
  if (statement.kind === "equal") return [statement.left, statement.right];
  if (isEquality(statement)) return statement.args;
  return statement.kind === "term" ? [statement.term] : [];
}

/** Whether something is printed in a comprehension: that has to happen as often as it is evaluated. */
function isShowing(term: ComprehensionTerm): boolean {
  let isFound = false;
  walkTerm(term, {
    statement: (statement) => {
      if (statement.kind !== "call" || statement.callee.kind !== "builtin") return;
      if (statement.callee.name === "internal.print") isFound = true;
    },
  });
  return isFound;
}

/** Where the order of a body left a variable without a value: a pattern that the emitter cannot take apart. */
function toUnsafe(variable: Variable): RegoErrors {
  return new RegoErrors([new RegoError("rego_unsafe_var_error", `var ${variable.name} is unsafe`)]);
}
