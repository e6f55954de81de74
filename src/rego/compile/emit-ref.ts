import type { BodyEmitter } from "./emit-body.ts";
import type { PathKey, RefTerm, Term } from "./ir.ts";
import { toLiteral } from "./literals.ts";
import type { Group, TreeNode } from "./rule-tree.ts";

/** Writes the evaluation of a reference; each operand that is not bound becomes a loop. Returns the value's name. */
export function emitRef(emitter: BodyEmitter, ref: RefTerm): string {
  const { root, operands, location } = ref;
  if (root === "data") return emitData(emitter, ref);
  if (root === "input") {
    const name = emitter.atom(`${emitter.context}.input`);
    emitter.require(name, false);
    return emitSteps(emitter, name, operands);
  }
  const start = emitter.term({ kind: "variable", variable: root, location });
  return emitSteps(emitter, emitter.atom(start), operands);
}

function emitSteps(emitter: BodyEmitter, start: string, operands: readonly Term[]): string {
  let value = start;
  for (const operand of operands) value = emitStep(emitter, value, operand);
  return value;
}

function emitStep(emitter: BodyEmitter, value: string, operand: Term): string {
  if (!emitter.canEvaluate(operand)) return emitLoop(emitter, value, operand);
  const name = emitter.unit.name("t");
  if (operand.kind === "constant" && typeof operand.value === "string") {
    emitter.push(`const ${name}=${value} instanceof RegoObject?${value}.get(${toLiteral(operand.value)}):`);
    emitter.push(`K.get(${value},${toLiteral(operand.value)});`);
  } else {
    const key = emitter.atom(emitter.term(operand));
    emitter.push(`const ${name}=K.get(${value},${key});`);
  }
  emitter.require(name, false);
  return name;
}

function emitLoop(emitter: BodyEmitter, value: string, operand: Term): string {
  const { items, index, mode } = emitter.iteration(value);
  emitter.openLoop(`for(let ${index}=0;${index}<${items}.length;${index}++)`);
  if (operand.kind !== "variable") emitter.match(operand, emitter.keyAt(items, index, mode));
  else if (!operand.variable.generated && operand.variable.name !== "_") {
    emitter.bind(operand.variable, emitter.keyAt(items, index, mode));
  } else emitter.bind(operand.variable, `(${mode}===0?${index}:${items}[${index}])`);
  return emitter.valueAt(value, items, index, mode);
}

/** A document of rules: the rule's value where the path names one, otherwise a walk over the tree of documents. */
function emitData(emitter: BodyEmitter, ref: RefTerm): string {
  const { operands } = ref;
  const { tree, pending } = emitter.unit.plan;
  let node: TreeNode = tree.root;
  let index = 0;
  for (; index < operands.length && node.group === undefined; index += 1) {
    const operand = operands[index] as Term;
    if (operand.kind !== "constant") break;
    const child = node.children.get(operand.value as PathKey);
    if (child === undefined) return emitBase(emitter, operands);
    node = child;
  }
  if (node.group !== undefined) return emitGroup(emitter, node.group, operands.slice(index));
  if (node === tree.root && tree.root.children.size === 0) return emitBase(emitter, operands);
  const isPending = tree.groupsBelow(node).some((group) => pending.has(group));
  return emitDocument(emitter, node, operands.slice(index), isPending);
}

function emitBase(emitter: BodyEmitter, operands: readonly Term[]): string {
  let value = emitter.atom(`${emitter.context}.data`);
  emitter.require(value, false);
  let isStored = true;
  for (const operand of operands) {
    isStored &&= emitter.canEvaluate(operand);
    const isText = operand.kind === "constant" && typeof operand.value === "string";
    if (!isStored || isText) value = emitStep(emitter, value, operand);
    else {
      // OPA's storage takes numbers for the names that they look like.
      value = emitter.atom(`K.stored(${value},${emitter.term(operand)})`);
      emitter.require(value, false);
    }
  }
  return value;
}

function emitGroup(emitter: BodyEmitter, group: Group, operands: readonly Term[]): string {
  const { plan } = emitter.unit;
  if (group.kind === "function") {
    emitter.push(`if(true)${emitter.fail()}`);
    return "undefined";
  }
  const [first] = operands;
  const name = emitter.unit.name("t");
  const isKeyed = first !== undefined && plan.keyed.has(group) && emitter.canEvaluate(first);
  if (isKeyed) {
    const key = emitter.atom(emitter.term(first));
    emitter.push(`const ${name}=D${group.index}(${emitter.context},${key});`);
  } else emitter.push(`const ${name}=R${group.index}(${emitter.context});`);
  emitter.require(name, plan.pending.has(group));
  return emitSteps(emitter, name, operands);
}

function emitDocument(emitter: BodyEmitter, node: TreeNode, operands: readonly Term[], isPending: boolean): string {
  const { unit } = emitter;
  let value = emitter.atom(`K.document(${emitter.context},${unit.plan.nodeIndex(node)})`);
  emitter.require(value, false);
  for (const operand of operands) {
    let key: string;
    if (emitter.canEvaluate(operand)) key = emitter.atom(emitter.term(operand));
    else {
      const keys = unit.name("i");
      const index = unit.name("j");
      emitter.push(`const ${keys}=K.documentKeys(${emitter.context},${value});`);
      emitter.openLoop(`for(let ${index}=0;${index}<${keys}.length;${index}++)`);
      key = emitter.atom(`${keys}[${index}]`);
      emitter.match(operand, key);
    }
    value = emitter.atom(`K.documentGet(${emitter.context},${value},${key})`);
    emitter.require(value, isPending);
  }
  const result = emitter.atom(`K.documentValue(${emitter.context},${value})`);
  emitter.require(result, isPending);
  return result;
}
