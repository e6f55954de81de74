import {
  type CompiledPolicy,
  compileModules,
  defaultForbidden,
  type Module,
  parseModule,
  type RegoError,
  RegoErrors,
} from "../rego/index.ts";
import { ecExternalFunctions, ecPureFunctions } from "./ec/functions.ts";
import { PolicyError } from "./errors.ts";
import type { FetchedSource } from "./fetch-source.ts";
import { isPolicyFile } from "./fetch-sources.ts";
import { indexRules, type RuleIndex } from "./rule-index.ts";
import { toSubject } from "./source-faults.ts";

export interface CompiledGroup {
  compiled: CompiledPolicy;
  index: RuleIndex;
}

const shownErrors = 100;

function describe(error: RegoError): string {
  const { location } = error;
  const place = location === undefined ? "" : `${location.file}:${location.row}:${location.col}: `;
  return `${place}${error.code}: ${error.message}`;
}

function toCompileFault(errors: readonly RegoError[]): PolicyError {
  const shown = errors.slice(0, shownErrors).map((error) => `\n  ${describe(error)}`);
  const more = errors.length > shownErrors ? `\n  and ${errors.length - shownErrors} more` : "";
  const count = errors.length === 1 ? "1 error" : `${errors.length} errors`;
  return new PolicyError(
    `the policy does not compile: ${count}. Policies are read as Rego v1 of OPA 1.15, and ${defaultForbidden.join(", ")} ` +
      `are switched off: a policy may not reach outside.${shown.join("")}${more}`,
    { code: "compile-failed", ...(errors[0]?.subject === undefined ? {} : { subject: errors[0].subject }) },
  );
}

/** Runs a step for each item and collects the Rego errors of all of them. */
function collect<T, R>(items: readonly T[], run: (item: T) => R): R[] {
  const errors: RegoError[] = [];
  const results: R[] = [];
  for (const item of items) {
    try {
      results.push(run(item));
    } catch (error) {
      if (!(error instanceof RegoErrors)) {
        throw error;
      }
      errors.push(...error.errors);
    }
  }
  if (errors.length > 0) {
    throw toCompileFault(errors);
  }
  return results;
}

interface NamedText {
  file: string;
  text: string;
}

/** The rule files of the sources, each address once; with more than one address their names begin with it. */
function listTexts(sources: readonly FetchedSource[]): NamedText[] {
  const distinct = [...new Map(sources.map((source) => [source.url, source])).values()];
  return distinct.flatMap(({ pinnedUrl, files }) => {
    const prefix = distinct.length === 1 ? "" : `${toSubject(pinnedUrl).replace(/[?@].*$/, "")}/`;
    return files
      .filter(({ path }) => isPolicyFile(path))
      .map(({ path, bytes }) => ({ file: `${prefix}${path}`, text: new TextDecoder().decode(bytes) }));
  });
}

function entrypointsOf(index: RuleIndex): string[][] {
  return index.packages.flatMap(({ path, checks, hasException }) => {
    const names = hasException && checks.length > 0 ? [...checks, "exception"] : checks;
    return names.map((name) => [...path, name]);
  });
}

function compile(modules: readonly Module[], index: RuleIndex): CompiledPolicy {
  const [compiled] = collect([modules], () =>
    compileModules(modules, {
      entrypoints: entrypointsOf(index),
      externals: ecExternalFunctions,
      functions: ecPureFunctions,
      forbidden: defaultForbidden,
    }),
  );
  if (compiled === undefined) {
    throw new Error("invariant: compiling gave nothing");
  }
  return compiled;
}

/**
 * Parses, inspects and compiles the rules of one source group. Files of tests (`_test.rego`) are left out.
 *
 * @throws {PolicyError} `rule-invalid`, `rule-duplicate`, `compile-failed` with every error's file, row and column
 */
export function compileGroup(sources: readonly FetchedSource[]): CompiledGroup {
  const modules = collect(listTexts(sources), ({ file, text }) => parseModule(file, text));
  const index = indexRules(modules);
  return { compiled: compile(modules, index), index };
}
