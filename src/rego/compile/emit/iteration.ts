import type { BodyEmitter } from "./body.ts";

/** A loop over a collection: the collection and its items, the name of the index, and the kind of collection, as JavaScript. */
export interface Iteration {
  value: string;
  items: string;
  index: string;
  mode: string;
}

/** Prepares to iterate over a value. */
export function prepareIteration(emitter: BodyEmitter, value: string): Iteration {
  const items = emitter.unit.name("i");
  const mode = emitter.unit.name("m");
  emitter.push(`const ${mode}=K.mode(${value}),${items}=K.items(${value},${mode});`);
  return { value, items, index: emitter.unit.name("j"), mode };
}

export function loopHeader({ items, index }: Iteration): string {
  return `for(let ${index}=0;${index}<${items}.length;${index}++)`;
}

/** The key that the loop is at; of a set, the member. */
export function keyOf({ items, index, mode }: Iteration): string {
  return `${mode}===0?${index}:${items}[${index}]`;
}

export function memberOf({ value, items, index, mode }: Iteration): string {
  return `${mode}===1?(${value}).get(${items}[${index}]):${items}[${index}]`;
}
