import type { Location } from "../syntax/index.ts";
import { equalValues } from "../value/index.ts";
import { emitCall } from "./emit-call.ts";
import { emitRef } from "./emit-ref.ts";
import type { EmitUnit } from "./emit-unit.ts";
import type { ComprehensionTerm, EqualStatement, EveryStatement, Statement, Term, Variable } from "./ir.ts";
import { isInline } from "./literals.ts";
import { isDynamic } from "./lower-terms.ts";
import { pairs } from "./outputs.ts";

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
  #bound = new Map<Variable, string>();
  #trail: Variable[] = [];
  /** Loops that are open in the innermost block. */
  #open = 0;
  /** Variables for what is pending that some code sets. */
  readonly #pendings = new Set<string>();

  constructor(unit: EmitUnit, pending: string) {
    this.unit = unit;
    this.exits = { fail: "", pending };
  }

  push(line: string): void {
    this.lines.push(line);
  }

  fail(): string {
    return this.exits.fail;
  }

  isBound(variable: Variable): boolean {
    return this.#bound.has(variable);
  }

  value(variable: Variable): string {
    const expression = this.#bound.get(variable);
    if (expression === undefined) throw new Error(`variable ${variable.name} is not bound`);
    return expression;
  }

  bind(variable: Variable, expression: string): void {
    this.#bound.set(variable, expression);
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
  }

  /** Leaves where the value is undefined, and notes where it is pending. */
  require(name: string, isPending: boolean): void {
    if (isPending) {
      this.#pendings.add(this.exits.pending);
      this.push(`if(${name}===P){${this.exits.pending}=true;${this.exits.fail}}`);
    }
    this.push(`if(${name}===undefined)${this.exits.fail}`);
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
    this.push(`${label}:{`);
    this.exits = { fail: `break ${label};`, pending };
    this.#open = 0;
    for (const statement of body) this.statement(statement);
    success(label);
    this.push(`${"}".repeat(this.#open)}}`);
    this.#open = open;
    this.exits = exits;
    for (const variable of this.#trail.splice(mark)) this.#bound.delete(variable);
  }

  statement(statement: Statement): void {
    const { context } = this;
    if (statement.with.length > 0) this.#enterWith(statement);
    if (statement.negated) this.#negated(this.#hoist(statement));
    else this.#core(statement);
    this.context = context;
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

  /**
   * What OPA evaluates before a negation: arguments of calls, and what is inside of collections. Where one of them is
   * undefined the negation is not true but undefined.
   */
  #hoist(statement: Statement): Statement {
    const outer = (term: Term): Term => {
      if (term.kind === "comprehension") return term;
      if (term.kind === "ref") return { ...term, operands: term.operands.map(whole) };
      return whole(term);
    };
    const whole = (term: Term): Term =>
      isDynamic(term) ? this.stored(this.atom(this.term(term)), term.location) : term;
    if (statement.kind === "equal") return { ...statement, left: outer(statement.left), right: outer(statement.right) };
    if (statement.kind === "term") return { ...statement, term: outer(statement.term) };
    if (statement.kind !== "call") return statement;
    const isEqual = statement.callee.kind === "builtin" && statement.callee.name === "equal";
    if (isEqual && statement.output === undefined) return { ...statement, args: statement.args.map(outer) };
    return { ...statement, args: statement.args.map(whole) };
  }

  #negated(statement: Statement): void {
    const found = this.unit.name("n");
    const pending = this.unit.name("p");
    this.push(`let ${found}=false,${pending}=false;`);
    this.block([{ ...statement, negated: false, with: [] }], pending, (label) => {
      this.push(`${found}=true;break ${label};`);
    });
    this.push(`if(${found})${this.exits.fail}`);
    this.requireSettled(pending);
  }

  #core(statement: Statement): void {
    switch (statement.kind) {
      case "equal":
        this.#equal(statement);
        return;
      case "term": {
        const name = this.atom(this.term(statement.term));
        if (name === "false") this.push(`if(true)${this.exits.fail}`);
        else if (statement.term.kind !== "constant") this.push(`if(${name}===false)${this.exits.fail}`);
        return;
      }
      case "call": {
        const { callee, output, args } = statement;
        if (callee.kind === "builtin" && callee.name === "equal" && output === undefined && args.length === 2) {
          const [left, right] = args as [Term, Term];
          this.#equal({ ...statement, kind: "equal", left, right });
        } else emitCall(this, statement);
        return;
      }
      case "every":
        this.#every(statement);
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
        return emitRef(this, term);
      case "comprehension":
        return this.#comprehension(term);
    }
  }

  #comprehension(term: ComprehensionTerm): string {
    const builder = this.unit.name("a");
    const pending = this.unit.name("p");
    const create = { array: "[]", set: "new SetBuilder()", object: "new ObjectBuilder()" }[term.of];
    this.push(`const ${builder}=${create};let ${pending}=false;`);
    this.block(term.body, pending, () => {
      const value = this.term(term.term);
      if (term.of === "array") this.push(`${builder}.push(${value});`);
      else if (term.of === "set") this.push(`${builder}.add(${value});`);
      else if (term.key !== undefined) {
        const at = this.unit.location(term.location);
        this.push(`if(!${builder}.insert(${this.term(term.key)},${value}))K.conflict("object",${at});`);
      }
    });
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
    this.push(`if(${mode}<0)${this.exits.fail}let ${pending}=false,${holds}=true;`);
    this.push(`${label}:for(let ${index}=0;${index}<${items}.length;${index}++){if(++S.steps>S.maxSteps)K.tick();`);
    this.push(`let ${some}=false,${inner}=false;`);
    if (statement.key !== undefined) this.bind(statement.key, this.keyAt(items, index, mode));
    this.bind(statement.value, this.valueAt(domain, items, index, mode));
    this.block(statement.body, inner, (block) => {
      this.push(`${some}=true;break ${block};`);
    });
    if (this.canPend(inner)) this.notePending(pending);
    const isInner = this.canPend(inner) ? `if(${inner})${pending}=true;else` : "";
    this.push(`if(!${some}){${isInner}{${holds}=false;break ${label};}}}`);
    this.push(`if(!${holds})${this.exits.fail}`);
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

  #equal(statement: EqualStatement): void {
    let open: [Term, Term][] = [[statement.left, statement.right]];
    while (open.length > 0) {
      const later: [Term, Term][] = [];
      for (const [left, right] of open) if (!this.#unify(left, right)) later.push([left, right]);
      if (later.length === open.length)
        throw new Error(`cannot order the unification in row ${statement.location.row}`);
      open = later.flatMap(([left, right]) => pairs(left, right) ?? [[left, right] as [Term, Term]]);
    }
  }

  /** Writes the unification of two terms, or returns false where variables of both must be bound first. */
  #unify(left: Term, right: Term): boolean {
    if (left.kind === "constant" && right.kind === "constant") {
      if (!equalValues(left.value, right.value)) this.push(`if(true)${this.exits.fail}`);
      return true;
    }
    const members = pairs(left, right);
    if (members !== undefined) this.#equalMembers(members);
    else if (this.canEvaluate(left) && this.#canMatch(right)) this.match(right, this.atom(this.term(left)));
    else if (this.canEvaluate(right) && this.#canMatch(left)) this.match(left, this.atom(this.term(right)));
    else if (left.kind === "variable" || right.kind === "variable" || isDynamic(left) || isDynamic(right)) return false;
    else this.push(`if(true)${this.exits.fail}`);
    return true;
  }

  #equalMembers(members: [Term, Term][]): void {
    let open = members;
    while (open.length > 0) {
      const later = open.filter(([left, right]) => !this.#unify(left, right));
      if (later.length === open.length) throw new Error("cannot order a unification");
      open = later;
    }
  }

  /** Whether every variable of a term is bound, but for those that iterating over references binds. */
  canEvaluate(term: Term): boolean {
    switch (term.kind) {
      case "constant":
      case "comprehension":
        return true;
      case "variable":
        return this.isBound(term.variable);
      case "ref":
        return typeof term.root === "string" || this.isBound(term.root);
      case "array":
      case "set":
        return term.items.every((item) => this.canEvaluate(item));
      case "object":
        return term.pairs.every(([key, value]) => this.canEvaluate(key) && this.canEvaluate(value));
    }
  }

  #canMatch(term: Term): boolean {
    if (term.kind === "variable") return true;
    if (term.kind === "array") return term.items.every((item) => this.#canMatch(item));
    if (term.kind !== "object") return this.canEvaluate(term);
    return term.pairs.every(([key, value]) => this.canEvaluate(key) && this.#canMatch(value));
  }

  /** Unifies a term with a value that is there: binds variables, leaves where it differs. */
  match(term: Term, value: string): void {
    const { fail } = this.exits;
    switch (term.kind) {
      case "variable":
        if (this.isBound(term.variable)) this.push(`if(!eq(${value},${this.term(term)}))${fail}`);
        else this.bind(term.variable, this.atom(value));
        return;
      case "constant": {
        const literal = this.unit.constant(term.value);
        if (isInline(term.value)) this.push(`if(${value}!==${literal})${fail}`);
        else this.push(`if(!eq(${value},${literal}))${fail}`);
        return;
      }
      case "array": {
        const list = this.atom(value);
        this.push(`if(!K.isList(${list})||${list}.length!==${term.items.length})${fail}`);
        for (const [index, item] of term.items.entries()) this.match(item, this.atom(`${list}[${index}]`));
        return;
      }
      case "object": {
        const object = this.atom(value);
        this.push(`if(!(${object} instanceof RegoObject)||${object}.size!==${term.pairs.length})${fail}`);
        for (const [key, member] of term.pairs) {
          const name = this.atom(`${object}.get(${this.term(key)})`);
          this.push(`if(${name}===undefined)${fail}`);
          this.match(member, name);
        }
        return;
      }
      default: {
        const held = this.atom(value);
        const other = this.atom(this.term(term));
        this.push(`if(!eq(${held},${other}))${this.exits.fail}`);
      }
    }
  }
}
