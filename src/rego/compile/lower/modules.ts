import { RegoErrors } from "../../errors.ts";
import { AnnotationSet, type Import, type Module, type Rule } from "../../syntax/index.ts";
import { fromJson, type Value } from "../../value/index.ts";
import type { LoweredRule } from "../ir.ts";
import type { Problems } from "../problems.ts";
import { lowerRule } from "./rule.ts";
import { type Global, type ScopeServices, toGlobals } from "./scope.ts";

/** Resolves the names in all modules. */
export function lowerModules(modules: readonly Module[], services: ScopeServices): LoweredRule[] {
  const exports = exportsOf(modules);
  const annotations = createAnnotations(modules, services.problems);
  const rules: LoweredRule[] = [];
  for (const [moduleIndex, module] of modules.entries()) {
    checkImports(module, services.problems);
    const globals = toGlobals(module, exports.get(module.package.join("/")) ?? []);
    const context = { module, moduleIndex, globals, services, metadata: metadataOf(annotations) };
    for (const rule of module.rules) rules.push(lowerRule(rule, context));
    if (services.strict) checkUnusedImports(module, globals, services.problems);
  }
  return rules;
}

/** Names that a package's rules begin with, by package: modules of one package see each other's. */
export function exportsOf(modules: readonly Module[]): Map<string, Set<string>> {
  const exports = new Map<string, Set<string>>();
  for (const module of modules) {
    const key = module.package.join("/");
    let names = exports.get(key);
    if (names === undefined) {
      names = new Set();
      exports.set(key, names);
    }
    for (const rule of module.rules) if (rule.head.ref.head.kind === "var") names.add(rule.head.ref.head.name);
  }
  return exports;
}

function createAnnotations(modules: readonly Module[], problems: Problems): AnnotationSet | undefined {
  try {
    return new AnnotationSet(modules);
  } catch (thrown) {
    if (!(thrown instanceof RegoErrors)) throw thrown;
    for (const error of thrown.errors) problems.add(error.code, error.location, error.message);
    return undefined;
  }
}

function metadataOf(annotations: AnnotationSet | undefined): (rule: Rule, name: "chain" | "rule") => Value {
  return (rule, name) => {
    if (annotations === undefined) return null;
    return fromJson(name === "chain" ? annotations.metadataChain(rule) : annotations.metadataRule(rule));
  };
}

function checkImports(module: Module, problems: Problems): void {
  const seen = new Map<string, Import>();
  for (const imported of module.imports) {
    const name = nameOf(imported);
    const earlier = seen.get(name);
    if (earlier === undefined) seen.set(name, imported);
    else {
      const message = `import must not shadow ${formatImport(earlier)}`;
      problems.add("rego_compile_error", imported.location, message);
    }
  }
}

function nameOf({ alias, path }: Import): string {
  return alias ?? (path[path.length - 1] as string);
}

function formatImport({ path, alias }: Import): string {
  return `import ${path.join(".")}${alias === undefined ? "" : ` as ${alias}`}`;
}

function checkUnusedImports(module: Module, globals: ReadonlyMap<string, Global>, problems: Problems): void {
  for (const imported of module.imports) {
    if (imported.path[0] === "future" || imported.path[0] === "rego") continue;
    if (globals.get(nameOf(imported))?.used === false) {
      problems.add("rego_compile_error", imported.location, `${formatImport(imported)} unused`);
    }
  }
}
