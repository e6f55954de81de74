import type { ComprehensionTerm, Statement, Term, Variable } from "../ir.ts";
import { addClosureVariables } from "../variables.ts";
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
  const closed = new Set<Variable>();
  addClosureVariables(term, closed);
  const outer = new Set([...closed].filter((variable) => emitter.isBound(variable)));
  if (outer.size === 0) return undefined;
  const indexed = asWritten(term, outer) ?? withComparedTerms(term, outer, unit.plan);
  if (indexed === undefined || canPend(term.body, unit.plan)) return undefined;
  const name = emitIndex(emitter.apart(), term, indexed);
  const found = indexed.keys.map((key) => emitKey(emitter, key.outer));
  return emitter.atom(`K.indexed(${emitter.context},${name}).find([${found.join(",")}])`);
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

function emitIndex(emitter: BodyEmitter, term: ComprehensionTerm, { body, keys }: Indexed): string {
  const { unit } = emitter;
  const name = unit.name("X");
  emitter.push(`function ${name}(c){const a=K.comprehensionIndex("${term.of}");let p=false;`);
  emitter.block(body, "p", () => {
    const found = keys.map(({ inner }) => emitter.value(inner));
    const member = term.key === undefined ? "undefined" : emitter.term(term.key);
    emitter.push(`a.add([${found.join(",")}],${emitter.term(term.term)},${member});`);
  });
  emitter.push("return a;}");
  unit.lines.push(emitter.lines.join(""));
  return name;
}

/** Whether a body can wait for the host: then only what is needed is asked. */
function canPend(body: readonly Statement[], { tree, functions, mocked, pending }: Plan): boolean {
  let isFound = false;
  walkBody(body, {
    statement: (statement) => {
      if (statement.kind !== "call") return;
      const { callee } = statement;
      if (callee.kind === "rule") {
        const group = tree.findGroup(callee.path);
        if (group === undefined || pending.has(group) || mocked.has(`#${group.index}`)) isFound = true;
      } else if (functions.get(callee.name)?.kind === "external" || mocked.has(callee.name)) isFound = true;
    },
    term: (term) => {
      if (term.kind !== "ref" || term.root !== "data") return;
      let node = tree.root;
      for (const key of constantPath(term.operands)) {
        const child = node.children.get(key);
        if (child === undefined) return;
        node = child;
        if (node.group !== undefined) break;
      }
      if (tree.groupsBelow(node).some((group) => pending.has(group))) isFound = true;
    },
  });
  return isFound;
}
