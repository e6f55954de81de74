import type { FunctionType } from "../../builtins/index.ts";
import type { Location } from "../../syntax/index.ts";
import { formatPath } from "../format-ref.ts";
import type { FunctionTable } from "../functions.ts";
import type { Callee, CallStatement, ComprehensionTerm, RefTerm, Statement, Term, Variable } from "../ir.ts";
import { termsOf, visitComprehensions } from "../variables.ts";
import { type FunctionKind, isUnknown, type Type, unifies } from "./algebra.ts";
import { argumentNames } from "./argument-names.ts";
import { bindAll, bindMembers, bindTerm } from "./bind-terms.ts";
import { checkRef } from "./check-refs.ts";
import { argumentDetails, type Fault, matchDetails } from "./fault-details.ts";
import type { TypeScope } from "./scope.ts";
import { typeOfComprehension } from "./type-of-rule.ts";
import { unifyTerm, unifyTyped } from "./unify.ts";

/** Something that cannot be right. */
export interface Found extends Fault {
  location: Location;
}

type Equation = { left: Term; right: Term; location: Location };

/** Checks bodies as OPA does: statement by statement, in the order of evaluation, each in terms of those before it. */
export class BodyChecker {
  readonly #functions: FunctionTable;
  /** How many comprehensions and `every` were met so far: tells whether there are some inside of a comprehension. */
  #closureCount = 0;

  constructor(functions: FunctionTable) {
    this.#functions = functions;
  }

  /** Checks a body's statements in their order; returns what is wrong. `isQuery`: `==` has a value there. */
  check(scope: TypeScope, body: readonly Statement[], isQuery = false): Found[] {
    const found: Found[] = [];
    for (const statement of body) this.#statement(scope, statement, found, isQuery);
    return found;
  }

  #statement(scope: TypeScope, statement: Statement, found: Found[], isQuery: boolean): void {
    const bind = (variable: Variable, right: Term): void => {
      const { location } = right;
      this.#equation(scope, statement, { left: { kind: "variable", variable, location }, right, location }, found);
    };
    const { location } = statement;
    if (statement.kind === "every") {
      this.#closureCount += 1;
      const closures = this.#closures(scope, statement.body);
      found.push(...closures, ...this.#everyRefs(scope, statement));
      this.#faultOf(scope, statement, undefined, found);
    } else if (statement.kind === "term") {
      const term = bindMembers(statement.term, bind);
      found.push(...this.#closure(scope, term), ...this.#refs(scope, term));
      this.#faultOf(scope, statement, undefined, found);
    } else if (statement.kind === "equal") {
      const left = bindMembers(statement.left, bind);
      const right = bindMembers(statement.right, bind);
      this.#equation(scope, statement, { left, right, location }, found);
    } else if (isComparison(statement) && !isQuery) {
      const [left, right] = statement.args.map((arg) => bindMembers(arg, bind)) as [Term, Term];
      this.#equation(scope, statement, { left, right, location }, found);
    } else {
      const { args, output } = statement;
      const bound = bindAll(output === undefined ? args : [...args, output], bind);
      this.#faultOf(scope, statement, bound, found);
    }
  }

  /** Adds what is wrong with the statement's `with`, or else with its call, where it is one. */
  #faultOf(scope: TypeScope, statement: Statement, args: readonly Term[] | undefined, found: Found[]): void {
    const fault =
      this.#with(scope, statement) ??
      (statement.kind === "call" && args !== undefined ? this.#call(scope, statement, args) : undefined);
    if (fault !== undefined) found.push(fault);
  }

  #equation(scope: TypeScope, statement: Statement, { left, right, location }: Equation, found: Found[]): void {
    const version = scope.version;
    const first = this.#closure(scope, left);
    const second = this.#closure(scope, right);
    const closures = second.length > 0 ? second : first;
    const refs = this.#refs(scope, left, right);
    if (closures.length + refs.length > 0) found.push(...closures, ...refs);
    const replaced = statement.with.length === 0 ? undefined : this.#with(scope, statement);
    if (replaced !== undefined) {
      found.push(replaced);
      return;
    }
    // What a reference on the other side says of a variable may matter to the comprehension.
    if (scope.version !== version) {
      this.#closure(scope, left);
      this.#closure(scope, right);
    }
    const typeOfLeft = scope.of(left);
    const typeOfRight = scope.of(right);
    if (unifyTyped(scope, left, typeOfLeft, right, typeOfRight)) return;
    const isPartial = isUnknown(typeOfLeft) || isUnknown(typeOfRight);
    if (isPartial && closures.length + refs.length > 0) return;
    found.push({ location, message: "match error", details: matchDetails(typeOfLeft, typeOfRight) });
  }

  /** Checks a term that is a comprehension, and those inside of it. */
  #closure(scope: TypeScope, term: Term): Found[] {
    if (term.kind !== "comprehension") return none;
    this.#closureCount += 1;
    const before = this.#closureCount;
    const wrong = this.#comprehension(scope, term);
    return wrong.length > 0 || this.#closureCount === before ? wrong : this.#closures(scope, term.body);
  }

  #comprehension(scope: TypeScope, term: ComprehensionTerm): Found[] {
    const inner = scope.inner();
    const wrong = this.check(inner, term.body);
    scope.setComprehension(term, wrong.length > 0 ? undefined : typeOfComprehension(inner, term));
    return wrong;
  }

  /**
   * Comprehensions inside of others, or of `every`, are checked by what is known outside of those, too; like in OPA, what is wrong
   * with the last one stands for all.
   */
  #closures(scope: TypeScope, body: readonly Statement[]): Found[] {
    let found: Found[] = none;
    for (const statement of body) {
      for (const term of termsOf(statement)) {
        visitComprehensions(term, (comprehension) => {
          const wrong = this.#closure(scope, comprehension);
          if (wrong.length > 0) found = wrong;
        });
      }
      if (statement.kind !== "every") continue;
      const wrong = this.#closures(scope, statement.body);
      if (wrong.length > 0) found = wrong;
    }
    return found;
  }

  #refs(scope: TypeScope, ...terms: readonly Term[]): Found[] {
    if (terms.every(isLeaf)) return none;
    const found: Found[] = [];
    for (const term of terms) this.#visitRefs(scope, term, found);
    return found;
  }

  #visitRefs(scope: TypeScope, term: Term, found: Found[]): void {
    switch (term.kind) {
      case "ref": {
        const fault = checkRef(scope, term);
        if (fault !== undefined) found.push({ location: term.location, ...fault });
        for (const operand of term.operands) this.#visitRefs(scope, operand, found);
        return;
      }
      case "array":
      case "set":
        for (const item of term.items) this.#visitRefs(scope, item, found);
        return;
      case "object":
        for (const pair of term.pairs) for (const member of pair) this.#visitRefs(scope, member, found);
    }
  }

  /** Of the body of `every`, only references are checked. */
  #everyRefs(scope: TypeScope, statement: Extract<Statement, { kind: "every" }>): Found[] {
    const found: Found[] = [];
    const bind = (_: Variable, term: Term): void => {
      found.push(...this.#refs(scope, term));
    };
    for (const inner of statement.body) {
      if (inner.kind === "every") {
        found.push(...this.#everyRefs(scope, inner));
        continue;
      }
      const isOuter = inner.kind === "equal" || inner.kind === "term";
      const terms = termsOf(inner).map((term) => (isOuter ? bindMembers(term, bind) : bindTerm(term, bind)));
      found.push(...this.#refs(scope, ...terms));
    }
    for (const { target, value, location } of statement.with) {
      for (const callee of [target, value.kind === "function" ? value.callee : undefined]) {
        if (callee?.kind === "builtin")
          found.push({ location, message: `function ${callee.name} used as reference, not called` });
        const path = callee?.kind === "data" || callee?.kind === "rule" ? callee.path : undefined;
        if (path === undefined) continue;
        const operands = path.map((key): Term => ({ kind: "constant", value: key, location }));
        const ref: RefTerm = { kind: "ref", root: "data", operands, location };
        found.push(...this.#refs(scope, ref));
      }
    }
    return found;
  }

  #call(scope: TypeScope, { callee, location }: CallStatement, args: readonly Term[]): Found | undefined {
    const type = this.#typeOf(scope, callee, location);
    if (type?.kind === "any") return undefined;
    const name = nameOf(callee);
    if (type?.kind !== "function") return { location, message: `undefined function ${name}` };
    const wanted = type.result === undefined ? type.args : [...type.args, type.result];
    const fault = (message: string): Found => {
      const have = args.map((arg) => scope.of(arg));
      const details = argumentDetails(have, { ...type, args: wanted }, namesOf(callee));
      return { location, message: `${name}: ${message}`, details };
    };
    if (args.length > wanted.length && type.variadic === undefined) return fault("too many arguments");
    if (args.length < type.args.length) return fault("too few arguments");
    for (const [index, arg] of args.entries()) {
      const want = index < wanted.length ? wanted[index] : type.variadic;
      if (!unifyTerm(scope, arg, want, false)) return fault("invalid argument(s)");
    }
    return undefined;
  }

  #typeOf(scope: TypeScope, callee: Callee, location: Location): Type | undefined {
    if (callee.kind === "rule") return scope.functionAt(callee.path, location);
    const known = this.#functions.get(callee.name);
    return known === undefined ? undefined : toFunctionKind(known.type);
  }

  /** The type of a name that is that of a function, and no rule's; undefined where it is none. */
  typeOfName(name: string): Type | undefined {
    const known = this.#functions.get(name);
    return known === undefined ? undefined : { ...toFunctionKind(known.type), names: argumentNames(name) };
  }

  /** A function that takes another's place must take the same arguments. */
  #with(scope: TypeScope, statement: Statement): Found | undefined {
    for (const { target, value, location } of statement.with) {
      if (value.kind !== "function" || target.kind === "input") continue;
      const callee: Callee =
        target.kind === "builtin" ? target : { kind: "rule", path: target.path.map((key) => String(key)) };
      const replaced = this.#typeOf(scope, callee, location);
      const replacement = this.#typeOf(scope, value.callee, location);
      if (replaced?.kind !== "function" || replacement?.kind !== "function") continue;
      if (!unifies(replaced, replacement)) {
        const details = argumentDetails(replacement.args, replaced, namesOf(callee));
        return { location, message: `${nameOf(callee)}: arity mismatch`, details };
      }
    }
    return undefined;
  }
}

const none: Found[] = [];

function isLeaf({ kind }: Term): boolean {
  return kind === "variable" || kind === "constant" || kind === "comprehension";
}

/** `==` is `=` where nothing asks for its value. */
function isComparison({ callee, output, args }: CallStatement): boolean {
  return callee.kind === "builtin" && callee.name === "equal" && output === undefined && args.length === 2;
}

const functionKinds = new WeakMap<FunctionType, FunctionKind>();

function toFunctionKind(type: FunctionType): FunctionKind {
  let kind = functionKinds.get(type);
  if (kind === undefined) {
    const { args, result, variadic } = type;
    kind = { kind: "function", args, result, ...(variadic === undefined ? {} : { variadic }) };
    functionKinds.set(type, kind);
  }
  return kind;
}

function namesOf(callee: Callee): readonly string[] {
  return callee.kind === "builtin" ? argumentNames(callee.name) : [];
}

function nameOf(callee: Callee): string {
  return callee.kind === "builtin" ? callee.name : formatPath("data", callee.path);
}
