import { signatures } from "../builtins/index.ts";
import { RegoErrors } from "../errors.ts";
import { type Module, parseModule } from "../syntax/index.ts";
import { RegoObject, type Value } from "../value/index.ts";
import { mergeDocuments, nest, readJsonDocument, readYamlDocument } from "./data-documents.ts";
import { TestError, TestLoadErrors } from "./errors.ts";
import { createNameFilter } from "./name-filter.ts";
import type { PolicyFiles } from "./ports.ts";

/** Files that one run reads. */
export const MAX_FILES = 100_000;
/** Levels of directories below a path: deeper ones are a link that leads back. */
export const MAX_LEVELS = 64;
/** Bytes of one file. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

export interface LoadedTests {
  /** In the order of their files' names. */
  modules: Module[];
  documents: RegoObject;
}

interface Loading {
  files: PolicyFiles;
  signal: AbortSignal;
  isBuiltin: (name: string) => boolean;
  isIgnored: (name: string) => boolean;
  onlyPolicies: boolean;
  modules: Map<string, Module>;
  documents: RegoObject;
  errors: Error[];
  read: number;
}

export interface LoadTestsOptions {
  signal: AbortSignal;
  /** See `ParseModuleOptions`. Default: OPA's functions. */
  isBuiltin?: (name: string) => boolean;
  /** Patterns (`*`, `?`, `[a-z]`) of names of files and directories that are left out below the paths. Default: none. */
  ignore?: readonly string[];
  /** Files that are no `.rego` are left out, also where a path names them. Default: false. */
  onlyPolicies?: boolean;
}

/**
 * Loads policies and data as `opa test PATH...` does: everything below the paths, hidden files too. `.rego` is a module; `.json`,
 * `.yaml` and `.yml` are documents below the keys of their directories, counted from the path that was given; other files are left
 * out, unless the path names them. `a.b:path` puts a path's documents below `data.a.b`.
 *
 * @throws TestLoadErrors with everything that is wrong with the files
 */
export async function loadTests(
  paths: readonly string[],
  files: PolicyFiles,
  options: LoadTestsOptions,
): Promise<LoadedTests> {
  const loading: Loading = {
    files,
    signal: options.signal,
    isBuiltin: options.isBuiltin ?? ((name) => Object.hasOwn(signatures, name)),
    isIgnored: createNameFilter(options.ignore ?? []),
    onlyPolicies: options.onlyPolicies ?? false,
    modules: new Map(),
    documents: RegoObject.empty,
    errors: [],
    read: 0,
  };
  for (const path of paths) {
    const { keys, rest } = splitPrefix(path);
    await collect(loading, () => loadPath(loading, cleanPath(rest), keys, 0));
  }
  if (loading.errors.length > 0) throw new TestLoadErrors(loading.errors);
  const names = [...loading.modules.keys()].sort();
  const modules = names.map((name) => loading.modules.get(name)).filter((module) => module !== undefined);
  return { modules, documents: loading.documents };
}

/** One file's errors do not keep the others from being read. */
async function collect(loading: Loading, part: () => Promise<void>): Promise<void> {
  try {
    await part();
  } catch (thrown) {
    loading.signal.throwIfAborted();
    if (thrown instanceof RegoErrors) loading.errors.push(...thrown.errors);
    else if (thrown instanceof TestError && thrown.code === "test_limit") throw new TestLoadErrors([thrown]);
    else if (thrown instanceof TestLoadErrors) throw thrown;
    else loading.errors.push(thrown instanceof Error ? thrown : new Error(String(thrown)));
  }
}

async function loadPath(loading: Loading, path: string, keys: readonly string[], level: number): Promise<void> {
  loading.signal.throwIfAborted();
  if (/^[\\/]{2}/.test(path)) throw loadError(path, `UNC path read is not allowed: ${path}`);
  const kind = await loading.files.kind(path);
  if (kind === undefined) throw loadError(path, `${path}: no such file or directory`);
  if (kind === "file") return loadFile(loading, path, keys, level === 0);
  if (level >= MAX_LEVELS) throw limitError(`${path}: expected at most ${MAX_LEVELS} levels of directories`);
  const names = [...(await loading.files.list(path))].filter((name) => !loading.isIgnored(name)).sort();
  const inner = level === 0 ? keys : [...keys, baseName(path)];
  for (const name of names) {
    await collect(loading, () => loadPath(loading, joinPath(path, name), inner, level + 1));
  }
}

async function loadFile(loading: Loading, path: string, keys: readonly string[], named: boolean): Promise<void> {
  const extension = /\.[^./\\]*$/.exec(path)?.[0] ?? "";
  const isKnown = [".rego", ".json", ".yaml", ".yml"].includes(extension);
  if (loading.onlyPolicies ? extension !== ".rego" : !isKnown && !named) return;
  loading.read++;
  if (loading.read > MAX_FILES) throw limitError(`expected at most ${MAX_FILES} files`);
  const bytes = await loading.files.read(path, { maxBytes: MAX_FILE_BYTES, signal: loading.signal });
  const text = new TextDecoder().decode(bytes);
  if (isKnown) addFile(loading, { path, text, keys, extension });
  else addAnyFile(loading, { path, text, keys });
}

function addFile(
  loading: Loading,
  file: { path: string; text: string; keys: readonly string[]; extension: string },
): void {
  const { path, text, keys, extension } = file;
  if (extension === ".rego") loading.modules.set(path, parseModule(path, text, { isBuiltin: loading.isBuiltin }));
  else
    addDocument(
      loading,
      path,
      keys,
      extension === ".json" ? readJsonDocument(path, text) : readYamlDocument(path, text),
    );
}

/** A file that was named and has none of the extensions is whatever it can be read as. */
function addAnyFile(loading: Loading, file: { path: string; text: string; keys: readonly string[] }): void {
  for (const extension of [".rego", ".json", ".yaml"]) {
    try {
      addFile(loading, { ...file, extension });
      return;
    } catch (thrown) {
      if (!(thrown instanceof RegoErrors) && !(thrown instanceof TestError)) throw thrown;
    }
  }
  throw loadError(file.path, `${file.path}: can't recognize file type`);
}

function addDocument(loading: Loading, path: string, keys: readonly string[], document: Value): void {
  const nested = nest(keys, document);
  if (!(nested instanceof RegoObject)) throw loadError(path, `${path}: document must be of type object`);
  const merged = mergeDocuments(loading.documents, nested);
  if (merged === undefined) throw loadError(path, `${path}: merge error`);
  loading.documents = merged;
}

function loadError(path: string, message: string): TestError {
  return new TestError(message, { code: "test_load", subject: path });
}

function limitError(message: string): TestError {
  return new TestError(message, { code: "test_limit" });
}

/** `a.b:path`. A single letter before the colon is a Windows drive, and `://` is a URL's. */
function splitPrefix(path: string): { keys: string[]; rest: string } {
  const colon = path.indexOf(":");
  if (colon < 1 || path.startsWith("://", colon) || /^[A-Za-z]:[\\/]/.test(path)) return { keys: [], rest: path };
  return { keys: path.slice(0, colon).split("."), rest: path.slice(colon + 1) };
}

function cleanPath(path: string): string {
  const plain = path.replace(/^file:\/\//, "");
  return plain.length > 1 ? plain.replace(/(?<=[^\\/:])[\\/]+$/, "") : plain;
}

function baseName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
}

/** As OPA names files: what is below `./policy` is `policy/...`. */
function joinPath(directory: string, name: string): string {
  const plain = directory.replace(/^(?:\.[\\/]+)+/, "");
  if (plain === "." || plain === "") return name;
  return /[\\/]$/.test(plain) ? plain + name : `${plain}/${name}`;
}
