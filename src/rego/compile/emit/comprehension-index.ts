import type { ComprehensionTerm, Statement, Term, Variable } from "../ir.ts";
import type { Group } from "../rule-tree.ts";
import { addClosureVariables, addStatementVariables } from "../variables.ts";
import { walkBody } from "../walk.ts";
import type { BodyEmitter } from "./body.ts";
import { asWritten, type Indexed, isComparison, withComparedTerms } from "./comprehension-keys.ts";
import { constantPath } from "./subjects.ts";
import type { Plan } from "./unit.ts";

/**
 * Writes a comprehension that depends on variables around it by comparing with them as a look-up in an index: a function of its
 * own evaluates it for all values at once, as OPA's comprehension index does. Undefined where that cannot be, or means another thing.
 */
export function emitIndexed(
  emitter: BodyEmitter,
  term: ComprehensionTerm,
  statement: Statement | undefined,
): string | undefined {
  const { unit } = emitter;
  if (unit.watch.mode === "failures" || !isIndexable(term, statement)) return undefined;
  const outer = outerOf(emitter, term);
  if (outer.size === 0) return undefined;
  const indexed = asWritten(term, outer) ?? withComparedTerms(term, outer, unit.plan);
  if (indexed === undefined) return undefined;
  const uses = usesOf(term.body, unit.plan);
  if (uses.canPend) return undefined;
  const name = emitIndex(emitter.apart(), term, indexed, uses);
  const found = indexed.keys.map((key) => emitKey(emitter, key.outer));
  return emitter.atom(`K.indexed(${emitter.context},${name}).find([${found.join(",")}])`);
}

/**
 * Whether OPA has an index for an object: a later value for a key then replaces the former, also where the object is evaluated
 * here each time.
 */
export function isReplacing(emitter: BodyEmitter, term: ComprehensionTerm, statement: Statement | undefined): boolean {
  if (term.of !== "object" || !isIndexable(term, statement)) return false;
  // What only `every` sees is nothing that OPA's index looks at.
  const seen = new Set<Variable>();
  for (const statement of term.body) addStatementVariables(statement, seen);
  const outer = new Set([...outerOf(emitter, term)].filter((variable) => seen.has(variable)));
  return outer.size > 0 && asWritten(term, outer) !== undefined;
}

/** The variables around a comprehension that it depends on. */
function outerOf(emitter: BodyEmitter, term: ComprehensionTerm): Set<Variable> {
  const closed = new Set<Variable>();
  addClosureVariables(term, closed);
  return new Set([...closed].filter((variable) => emitter.isBound(variable)));
}

/** In OPA's index of objects a later value replaces a former one: there must be no index where OPA has none. */
function isIndexable(term: ComprehensionTerm, statement: Statement | undefined): boolean {
  if (term.of !== "object") return true;
  if (statement === undefined || statement.negated || statement.with.length > 0) return false;
  if (statement.kind === "call") return !isComparison(statement, ["equal"]);
  return statement.kind === "equal" && [statement.left, statement.right].some(({ kind }) => kind === "variable");
}

/** The term's value, undefined where it has none. */
function emitKey(emitter: BodyEmitter, term: Term): string {
  if (term.kind === "variable") return emitter.term(term);
  const key = emitter.unit.name("t");
  emitter.push(`let ${key};`);
  emitter.block([], emitter.exits.pending, () => emitter.push(`${key}=${emitter.term(term)};`));
  return key;
}

function emitIndex(
  emitter: BodyEmitter,
  term: ComprehensionTerm,
  { body, keys }: Indexed,
  { groups, input, isVolatile }: Uses,
): string {
  const { unit } = emitter;
  const code = unit.name("X");
  const name = unit.name("X");
  emitter.push(`const a=K.comprehensionIndex("${term.of}");let p=false;`);
  emitter.block(body, "p", () => {
    const found = keys.map(({ inner }) => emitter.value(inner));
    const member = term.key === undefined ? "undefined" : emitter.term(term.key);
    emitter.push(`a.add([${found.join(",")}],${emitter.term(term.term)},${member});`);
  });
  emitter.push("return a;");
  const rules = [...groups].map(({ index }) => index);
  unit.addFunction(code, "c", emitter.lines.join(""));
  unit.lines.push(`const ${name}={code:${code},rules:[${rules.join(",")}],input:${input},isVolatile:${isVolatile}};`);
  return name;
}

/** What a body looks at. */
interface Uses {
  groups: Set<Group>;
  input: boolean;
  /** Functions whose results differ from one evaluation to the next, or that a `with` replaces. */
  isVolatile: boolean;
  /** Whether it can wait for the host: then only what is needed is asked. */
  canPend: boolean;
}

function usesOf(body: readonly Statement[], { tree, functions, mocked, pending }: Plan): Uses {
  const uses: Uses = { groups: new Set(), input: false, isVolatile: false, canPend: false };
  const add = (group: Group | undefined): void => {
    if (group === undefined || pending.has(group) || mocked.has(`#${group.index}`)) uses.canPend = true;
    else uses.groups.add(group);
  };
  walkBody(body, {
    statement: ({ with: clauses, ...statement }) => {
      if (clauses.length > 0) uses.isVolatile = true;
      if (statement.kind !== "call") return;
      const { callee } = statement;
      if (callee.kind === "rule") add(tree.findGroup(callee.path));
      else {
        const known = functions.get(callee.name);
        if (known?.kind === "external" || mocked.has(callee.name)) uses.canPend = true;
        if (known?.nondeterministic === true) uses.isVolatile = true;
      }
    },
    term: (term) => {
      if (term.kind !== "ref") return;
      if (term.root === "input") uses.input = true;
      if (term.root !== "data") return;
      let node = tree.root;
      for (const key of constantPath(term.operands)) {
        const child = node.child(key);
        if (child === undefined) return;
        node = child;
        if (node.group !== undefined) break;
      }
      for (const group of tree.groupsBelow(node)) add(group);
    },
  });
  return uses;
}
