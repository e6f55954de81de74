import type { Location } from "../../syntax/index.ts";
import type { Callee, Statement } from "../ir.ts";
import type { BodyEmitter } from "./body.ts";

/** Writes what the `with` clauses of a statement replace. Returns the name of the context in which they do. */
export function emitWith(emitter: BodyEmitter, statement: Statement): string {
  const { unit } = emitter;
  const values = statement.with.map(({ value }) => {
    if (value.kind === "term") return emitter.term(value.term);
    return functionValue(emitter, value.callee, statement.location);
  });
  const name = unit.name("c");
  const site = unit.withSite(statement.with);
  const at = unit.location(statement.location);
  emitter.push(`const ${name}=K.with(${emitter.context},${site},[${values.join(",")}],${at});`);
  return name;
}

/** A function as a value, for `with f as g`. */
function functionValue({ unit }: BodyEmitter, callee: Callee, location: Location): string {
  if (callee.kind === "rule") {
    const group = unit.plan.tree.findGroup(callee.path);
    return `K.replacement((c,a)=>F${group?.index}(c,...a))`;
  }
  const known = unit.plan.functions.get(callee.name);
  const at = unit.location(location);
  if (known?.kind === "external") return `K.replacement((c,a)=>K.external(c,${unit.constant(callee.name)},a))`;
  return `K.replacement((c,a)=>K.call(c,${unit.builtin(callee.name)},${at},a))`;
}
