import { RegoError, RegoErrors } from "../errors.ts";
import { toAnnotationsJson } from "./annotation-json.ts";
import { annotationTarget } from "./annotation-target.ts";
import type { Annotations, Location, Module, Rule } from "./ast.ts";
import { type PathPart, rulePath } from "./rule-path.ts";

/** What a chain's entry is about: a rule, or the package of a module. */
export interface AnnotatedNode {
  /** `data` first. */
  path: PathPart[];
  /** In OPA's JSON form. Missing for a rule that has none of its own. */
  annotations?: Record<string, unknown>;
  /** The block itself. */
  source?: Annotations;
  /** The rule that the block is about; undefined for a package. */
  rule?: Rule;
  /** Where the rule or the package is. */
  location: Location;
}

/** One element of what `rego.metadata.chain()` gives: the path is without `data`. */
export interface MetadataLink {
  path: PathPart[];
  annotations?: Record<string, unknown>;
}

interface Entry {
  annotations: Annotations;
  module: Module;
  rule: Rule | undefined;
}

/** The annotations of a set of modules, looked up by rule (OPA, "Annotations": accessing annotations). */
export class AnnotationSet {
  private readonly modules = new Map<Rule, Module>();
  private readonly rulesByPlace = new Map<string, Rule>();
  private readonly byRule = new Map<Rule, Entry[]>();
  private readonly byPackage = new Map<string, Entry>();
  private readonly byPath = new Map<string, Entry>();

  /** @throws RegoErrors with code `rego_type_error` where a package, subpackages or a document is annotated twice */
  constructor(modules: readonly Module[]) {
    const errors: RegoError[] = [];
    for (const module of modules) {
      for (const rule of module.rules) {
        this.modules.set(rule, module);
        this.rulesByPlace.set(placeOf(rule), rule);
      }
      for (const annotations of module.annotations) {
        const earlier = this.add({ annotations, module, rule: annotationTarget(module, annotations) });
        if (earlier !== undefined) errors.push(redeclared(annotations, earlier));
      }
    }
    if (errors.length > 0) throw new RegoErrors(errors);
  }

  /**
   * From the rule outwards: its own blocks, nearest first (one entry without annotations where it has none), the document's, the
   * package's, those of `subpackages` from the nearest to the farthest.
   */
  ruleAnnotations(rule: Rule): AnnotatedNode[] {
    const known = this.known(rule);
    const module = this.modules.get(known);
    if (module === undefined) return [];
    const path = rulePath(module, known);
    const own = this.ownEntries(known).map(toNode);
    const nodes = own.length > 0 ? own : [{ path, rule: known, location: known.location }];
    const packagePath = ["data", ...module.package];
    const outer = [
      this.byPath.get(keyOf(path)),
      this.byPackage.get(keyOf(packagePath)),
      ...this.ancestors(packagePath),
    ];
    return [...nodes, ...outer.filter((entry) => entry !== undefined).map(toNode)];
  }

  /** What `rego.metadata.chain()` gives inside the rule. */
  metadataChain(rule: Rule): MetadataLink[] {
    return this.ruleAnnotations(rule).map(({ path, annotations }) => ({
      path: path.slice(1),
      ...(annotations === undefined ? {} : { annotations }),
    }));
  }

  /** What `rego.metadata.rule()` gives inside the rule: its nearest block, or an empty object. */
  metadataRule(rule: Rule): Record<string, unknown> {
    const [nearest] = this.ownEntries(this.known(rule));
    return nearest === undefined ? {} : toAnnotationsJson(nearest.annotations);
  }

  /** A compiler may have copied the rule: then its place says which one it was. */
  private known(rule: Rule): Rule {
    return this.modules.has(rule) ? rule : (this.rulesByPlace.get(placeOf(rule)) ?? rule);
  }

  private ownEntries(rule: Rule): Entry[] {
    const entries = this.byRule.get(rule) ?? [];
    return [...entries].sort((left, right) => right.annotations.location.offset - left.annotations.location.offset);
  }

  private ancestors(path: readonly PathPart[]): (Entry | undefined)[] {
    return path.map((_, index) => this.byPath.get(keyOf(path.slice(0, path.length - index))));
  }

  /** Files the entry; the answer is an earlier one in its place. */
  private add(entry: Entry): Entry | undefined {
    const { annotations, module, rule } = entry;
    const packageKey = keyOf(["data", ...module.package]);
    switch (annotations.scope) {
      case "rule":
        if (rule !== undefined) this.byRule.set(rule, [...(this.byRule.get(rule) ?? []), entry]);
        return undefined;
      case "document":
        return rule === undefined ? undefined : addOnce(this.byPath, keyOf(rulePath(module, rule)), entry);
      case "package":
        return addOnce(this.byPackage, packageKey, entry);
      case "subpackages":
        return addOnce(this.byPath, packageKey, entry);
    }
  }
}

function addOnce(entries: Map<string, Entry>, key: string, entry: Entry): Entry | undefined {
  const earlier = entries.get(key);
  if (earlier === undefined) entries.set(key, entry);
  return earlier;
}

function toNode({ annotations, module, rule }: Entry): AnnotatedNode {
  const json = toAnnotationsJson(annotations);
  if (rule !== undefined) {
    return { path: rulePath(module, rule), annotations: json, source: annotations, rule, location: rule.location };
  }
  return {
    path: ["data", ...module.package],
    annotations: json,
    source: annotations,
    location: module.packageLocation,
  };
}

function redeclared(annotations: Annotations, earlier: Entry): RegoError {
  const { file, row } = earlier.annotations.location;
  return new RegoError(
    "rego_type_error",
    `${annotations.scope} annotation redeclared: ${file}:${row}`,
    annotations.location,
  );
}

function placeOf({ location }: Rule): string {
  return `${location.file}\n${location.offset}`;
}

function keyOf(path: readonly PathPart[]): string {
  return JSON.stringify(path);
}
