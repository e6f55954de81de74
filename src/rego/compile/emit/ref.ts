import type { RefTerm, Term } from "../ir.ts";
import type { Group, TreeNode } from "../rule-tree.ts";
import type { BodyEmitter } from "./body.ts";
import { canEvaluate } from "./evaluable.ts";
import { keyOf, loopHeader, memberOf, prepareIteration } from "./iteration.ts";
import { toLiteral } from "./literals.ts";
import { settleOperands } from "./settle.ts";
import { emitMatch } from "./unify.ts";

/** Writes the evaluation of a reference; each operand that is not bound becomes a loop. Returns the value's name. */
export function emitRef(emitter: BodyEmitter, ref: RefTerm): string {
  const { root, location } = ref;
  const operands = settleOperands(emitter, ref);
  if (root === "data") return emitData(emitter, operands);
  if (root === "input") {
    return emitSteps(emitter, `${emitter.context}.input`, operands, true);
  }
  const start = emitter.term({ kind: "variable", variable: root, location });
  return emitSteps(emitter, emitter.atom(start), operands);
}

/** Steps by names are nested calls, with one check for undefined at their end. */
function emitSteps(emitter: BodyEmitter, start: string, operands: readonly Term[], isOpen = false): string {
  let value = start;
  let isUnchecked = isOpen;
  const settle = (): void => {
    if (!isUnchecked) return;
    value = emitter.atom(value);
    emitter.require(value, false);
    isUnchecked = false;
  };
  for (const operand of operands) {
    if (operand.kind === "constant" && typeof operand.value === "string") {
      value = `G(${value},${toLiteral(operand.value)})`;
    } else if (canEvaluate(emitter, operand)) {
      settle();
      value = `K.get(${value},${emitter.atom(emitter.term(operand))})`;
    } else {
      settle();
      value = emitLoop(emitter, value, operand);
      continue;
    }
    isUnchecked = true;
  }
  settle();
  return value;
}

function emitLoop(emitter: BodyEmitter, value: string, operand: Term): string {
  const iteration = prepareIteration(emitter, value);
  emitter.openLoop(loopHeader(iteration));
  if (operand.kind !== "variable") emitMatch(emitter, operand, emitter.atom(keyOf(iteration)));
  else if (!operand.variable.generated && operand.variable.name !== "_") {
    emitter.bind(operand.variable, emitter.atom(keyOf(iteration)));
  } else emitter.bind(operand.variable, `(${keyOf(iteration)})`);
  return emitter.atom(memberOf(iteration));
}

/** A document of rules: the rule's value where the path names one, otherwise a walk over the tree of documents. */
function emitData(emitter: BodyEmitter, operands: readonly Term[]): string {
  const { tree, pending } = emitter.unit.plan;
  let node: TreeNode = tree.root;
  let index = 0;
  for (; index < operands.length && node.group === undefined; index += 1) {
    const operand = operands[index] as Term;
    if (operand.kind !== "constant") break;
    const child = node.child(operand.value);
    if (child === undefined) return emitBase(emitter, operands);
    node = child;
  }
  if (node.group !== undefined) return emitGroup(emitter, node.group, operands.slice(index));
  if (node === tree.root && tree.root.children.size === 0) return emitBase(emitter, operands);
  const isPending = tree.groupsBelow(node).some((group) => pending.has(group));
  return emitDocument(emitter, node, operands.slice(index), isPending);
}

/** In base documents such a name is an index where it is used on a list. */
function looksLikeIndex(name: string): boolean {
  return /^[-+]?[0-9]+$/.test(name);
}

function emitBase(emitter: BodyEmitter, operands: readonly Term[]): string {
  const start = `${emitter.context}.data`;
  const isText = (operand: Term): boolean =>
    operand.kind === "constant" && typeof operand.value === "string" && !looksLikeIndex(operand.value);
  if (operands.every(isText)) return emitSteps(emitter, start, operands, true);
  let value = emitter.atom(start);
  emitter.require(value, false);
  for (const [index, operand] of operands.entries()) {
    if (!canEvaluate(emitter, operand)) return emitSteps(emitter, value, operands.slice(index));
    // OPA's storage takes numbers for the names that they look like, and the other way round.
    value = emitter.atom(`K.stored(${value},${emitter.term(operand)})`);
    emitter.require(value, false);
  }
  return value;
}

function emitGroup(emitter: BodyEmitter, group: Group, operands: readonly Term[]): string {
  const { plan } = emitter.unit;
  if (group.kind === "function") {
    emitter.push(`if(true)${emitter.fail()}`);
    return "undefined";
  }
  const name = emitter.unit.name("t");
  const count = countKeys(emitter, group, operands);
  if (count > 0) {
    const keys = operands.slice(0, count).map((operand) => emitter.atom(emitter.term(operand)));
    const reader = `D${group.index}_${count}`;
    emitter.unit.keyed.set(reader, { group, count });
    emitter.push(`const ${name}=${reader}(${emitter.context},[${keys.join(",")}]);`);
  } else emitter.push(`const ${name}=R${group.index}(${emitter.context});`);
  emitter.require(name, plan.pending.has(group));
  return emitSteps(emitter, name, operands);
}

/** How many keys at the beginning are known by which a document is evaluated in part. */
function countKeys(emitter: BodyEmitter, group: Group, operands: readonly Term[]): number {
  const most = emitter.unit.plan.keyed.get(group)?.most ?? 0;
  const known = operands.slice(0, most);
  const unknown = known.findIndex((operand) => !canEvaluate(emitter, operand));
  return unknown < 0 ? known.length : unknown;
}

function emitDocument(emitter: BodyEmitter, node: TreeNode, operands: readonly Term[], isPending: boolean): string {
  const { unit } = emitter;
  let value = emitter.atom(`K.document(${emitter.context},${unit.plan.nodeIndex(node)})`);
  emitter.require(value, false);
  for (const operand of operands) {
    let key: string;
    if (canEvaluate(emitter, operand)) key = emitter.atom(emitter.term(operand));
    else {
      const keys = unit.name("i");
      const index = unit.name("j");
      emitter.push(`const ${keys}=K.documentKeys(${emitter.context},${value});`);
      emitter.openLoop(`for(let ${index}=0;${index}<${keys}.length;${index}++)`);
      key = emitter.atom(`${keys}[${index}]`);
      emitMatch(emitter, operand, key);
    }
    value = emitter.atom(`K.documentGet(${emitter.context},${value},${key})`);
    emitter.require(value, isPending);
  }
  const result = emitter.atom(`K.documentValue(${emitter.context},${value})`);
  emitter.require(result, isPending);
  return result;
}
