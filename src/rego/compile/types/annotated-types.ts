import { AnnotationSet, type Annotations, type Module, type Rule } from "../../syntax/index.ts";
import type { LoweredRule } from "../ir.ts";
import type { Problems } from "../problems.ts";
import { anyType, type StaticMember, type Type } from "./algebra.ts";
import { SchemaTypeError, typeOfSchema } from "./schema-types.ts";
import type { DocumentOverrides } from "./scope.ts";
import type { TypeTree } from "./type-tree.ts";

type SchemaAnnotation = NonNullable<Annotations["schemas"]>[number];

/** Types that the annotations of rules give to documents. */
export interface AnnotatedTypes {
  overridesOf(rule: LoweredRule, tree: TypeTree): DocumentOverrides | undefined;
}

/**
 * Reads the schemas that stand in annotations themselves; those that annotations name are files, and nobody has given such. `rules`
 * are those of the modules, in their order. Problems of a schema are reported at the rules that it is for. Undefined where no
 * module has such annotations.
 */
export function readAnnotatedTypes(
  modules: readonly Module[],
  rules: readonly LoweredRule[],
  problems: Problems,
): AnnotatedTypes | undefined {
  if (!modules.some(({ annotations }) => annotations.some(hasDefinition))) return undefined;
  const set = new AnnotationSet(modules);
  const written = modules.flatMap((module) => module.rules);
  const sources = new Map(rules.map((rule, index) => [rule, written[index] as Rule]));
  return {
    overridesOf(rule, tree) {
      const source = sources.get(rule);
      if (source === undefined) return undefined;
      // From the farthest to the nearest: what is nearer wins.
      const schemas = set.ruleAnnotations(source).flatMap((node) => node.source?.schemas ?? []);
      const overrides = new Map<"input" | "data", Type>();
      for (const schema of schemas.reverse()) addOverride(overrides, schema, { rule, tree, problems });
      return overrides.size === 0 ? undefined : overrides;
    },
  };
}

function hasDefinition({ schemas }: Annotations): boolean {
  return schemas?.some(({ definition }) => definition !== undefined) === true;
}

function addOverride(
  overrides: Map<"input" | "data", Type>,
  { path, definition }: SchemaAnnotation,
  { rule, tree, problems }: { rule: LoweredRule; tree: TypeTree; problems: Problems },
): void {
  const [root, ...keys] = path;
  if (definition === undefined || (root !== "input" && root !== "data")) return;
  try {
    const type = typeOfSchema(definition);
    const before = overrides.get(root) ?? (root === "input" || tree.isEmpty ? anyType : tree.extent(tree.root));
    overrides.set(root, replace(before, keys, type));
  } catch (thrown) {
    if (!(thrown instanceof SchemaTypeError)) throw thrown;
    problems.add("rego_type_error", rule.location, thrown.message);
  }
}

/** A type with another one at a path below it. */
function replace(type: Type, path: readonly string[], by: Type): Type {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  const members: readonly StaticMember[] = type.kind === "object" ? type.static : [];
  const dynamic = type.kind === "object" ? type.dynamic : { key: anyType, value: anyType };
  const member = members.find((candidate) => candidate.key === key);
  const changed: StaticMember = { key, value: replace(member?.value ?? anyType, rest, by) };
  const others = members.filter((candidate) => candidate !== member);
  return { kind: "object", static: [...others, changed], dynamic };
}
