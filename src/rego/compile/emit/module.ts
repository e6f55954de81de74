import type { CompiledNode, CompiledPolicy, CompiledRule } from "../compiled.ts";
import { type LoweredQuery, orderExpressions } from "../lower/query.ts";
import type { Group, TreeNode } from "../rule-tree.ts";
import { BodyEmitter } from "./body.ts";
import { emitGroup, emitKeyedGroups } from "./group.ts";
import { EmitUnit, type Plan } from "./unit.ts";

interface ModuleParts {
  plan: Plan & { nodes: readonly TreeNode[] };
  emitted: ReadonlySet<Group>;
  /** Groups whose value can differ between evaluations with the same data. */
  volatile: ReadonlySet<Group>;
  query: LoweredQuery | undefined;
  entrypoints: readonly (readonly string[])[];
}

const preamble = '"use strict";const {K,S,U,P,G,C,H,eq,RegoObject,SetBuilder,ObjectBuilder}=environment;';

/** Writes the JavaScript of a whole set of policies, with the tables that it is loaded with. */
export function emitModule({ plan, emitted, volatile, query, entrypoints }: ModuleParts): CompiledPolicy {
  const unit = new EmitUnit(plan);
  for (const group of plan.tree.groups) if (emitted.has(group)) emitGroup(unit, group);
  if (query !== undefined) emitQuery(unit, query);
  emitKeyedGroups(unit);
  const documents = [...emitted].filter((group) => group.kind !== "function");
  const table = documents.map(({ index }) => `${index}:R${index}`).join(",");
  const source = [
    preamble,
    ...unit.lines,
    `return {documents:{${table}},query:${query === undefined ? "undefined" : "Q"}};`,
  ].join("\n");
  return {
    format: 1,
    entrypoints,
    source,
    watch: plan.watch,
    sites: unit.watch.sites,
    watchedRules: unit.watch.rules,
    rules: plan.tree.groups.map(
      (group): CompiledRule => ({
        path: group.path,
        kind: group.kind,
        shared: !volatile.has(group),
        emitted: emitted.has(group),
      }),
    ),
    nodes: plan.nodes.map((node) => toNode(node, plan)),
    constants: unit.texts,
    locations: unit.locations,
    withs: unit.withs,
    effects: unit.effects,
    externals: [...unit.externals],
    functions: [...unit.pure],
    builtins: [...unit.builtins],
    ...(query === undefined
      ? {}
      : {
          query: {
            variables: query.variables.map(({ name }) => name),
            expressions: orderExpressions(query).map(({ text }) => text),
          },
        }),
  };
}

function toNode(node: TreeNode, plan: Plan): CompiledNode {
  const children = node.sorted();
  return {
    rule: node.group?.index ?? -1,
    keys: children.map(({ key }) => key),
    children: children.map((child) => plan.nodeIndex(child)),
  };
}

function emitQuery(unit: EmitUnit, query: LoweredQuery): void {
  const emitter = new BodyEmitter(unit, "p");
  emitter.push("let p=false;");
  emitter.block(query.body, "p", () => {
    const values = query.variables.map((variable) =>
      emitter.isBound(variable) ? emitter.value(variable) : "undefined",
    );
    const captured = orderExpressions(query).map(({ capture }) =>
      capture === undefined ? "true" : emitter.value(capture),
    );
    emitter.push(`out([${values.join(",")}],[${captured.join(",")}]);`);
  });
  emitter.push("return p;");
  unit.addFunction("Q", "c,out", emitter.lines.join(""));
}
