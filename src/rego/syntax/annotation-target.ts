import type { Annotations, Module, Rule } from "./ast.ts";

/** The rule that a block of the module is about: the first one in a row after the block's. Undefined for a block about the package. */
export function annotationTarget(module: Module, annotations: Annotations): Rule | undefined {
  if (annotations.scope === "package" || annotations.scope === "subpackages") return undefined;
  return module.rules.find((rule) => rule.location.row > annotations.location.row);
}
