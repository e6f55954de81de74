import { spawn } from "node:child_process";
import { detailsToJson } from "../../../src/rego/compile/types/fault-details.ts";
import { compileModules, type Module, parseModule, RegoError, RegoErrors } from "../../../src/rego/index.ts";
import { findFreePort } from "../../fixtures/free-port.ts";
import { waitUntilReady } from "../rego/opa-server.ts";
import type { Modules } from "./sound-modules.ts";

/** One thing that is wrong with a set of modules. */
export interface Problem {
  file: string;
  row: number;
  code: string;
  message: string;
  /** As JSON: types that were found and wanted. */
  details: string;
}

/** A problem as both sides have it. */
export interface Reported {
  code: string;
  message: string;
  location?: { file: string; row: number } | undefined;
  details?: unknown;
}

/** Names that OPA gives to variables are another each time. */
const generated = /__local\d+__|\$\d+/g;

/** Sorted, each once. OPA's parse errors have details of another kind, and the row that they quote is its own. */
export function toProblems(problems: readonly Reported[]): Problem[] {
  const named = problems.map(({ code, message, location, details }) => ({
    file: location?.file ?? "",
    row: location?.row ?? 0,
    code,
    message: message.replaceAll(generated, "_"),
    details: code === "rego_type_error" ? formatDetails(details) : "",
  }));
  const byText = new Map(named.map((problem) => [formatProblem(problem), problem]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, problem]) => problem);
}

/** Without what OPA says of arguments besides their names and types. */
function formatDetails(details: unknown): string {
  if (details === undefined) return "";
  const text = JSON.stringify(details, (key, value: unknown) => {
    if (key === "oneOf" && Array.isArray(value)) return value.map(toKey);
    return key === "description" ? undefined : value;
  });
  return text.replaceAll(generated, "_");
}

/** OPA writes null as an object without members where it lists keys. */
function toKey(key: unknown): unknown {
  return JSON.stringify(key) === "{}" ? null : key;
}

export function formatProblem({ file, row, code, message, details }: Problem): string {
  return `${file}:${row}: ${code}: ${message} ${details}`.trimEnd();
}

/** This engine, which remembers the modules that it has parsed. */
export function createEngineCompiler(): (modules: Modules) => readonly Problem[] {
  const parsed = new Map<string, Module>();
  const parse = ([file, text]: readonly [string, string]): Module => {
    const key = `${file}\0${text}`;
    const module = parsed.get(key) ?? parseModule(file, text);
    parsed.set(key, module);
    return module;
  };
  return (modules) => {
    try {
      compileModules(Object.entries(modules).map(parse), { entrypoints: [] });
      return [];
    } catch (thrown) {
      if (thrown instanceof RegoErrors) return toProblems(thrown.errors.map(withDetails));
      if (thrown instanceof RegoError) return toProblems([withDetails(thrown)]);
      return toProblems([{ code: "crash", message: thrown instanceof Error ? `${thrown.stack}` : String(thrown) }]);
    }
  };
}

function withDetails({ code, message, location, details }: RegoError): Reported {
  return { code, message, location, details: detailsToJson(details) };
}

/** `opa` as a server on loopback that compiles what is put there: 50 times as quick as a process for each module. */
export interface OpaCompiler {
  /** Takes the place of all modules that were there before. */
  replace(modules: Modules): Promise<void>;
  /** What is wrong if one module is another one. The modules stay as they were. */
  check(file: string, text: string): Promise<readonly Problem[]>;
  stop(): Promise<void>;
}

const maxAnswerMs = 20_000;

/** With a lower level of logs, calls of `print` are not checked. */
export async function startOpaCompiler(binary: string): Promise<OpaCompiler> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ["run", "--server", "--addr", `127.0.0.1:${port}`, "--log-level", "info", "--disable-telemetry"];
  const child = spawn(binary, [...args, "--max-errors", "1000"], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await waitUntilReady(url, () => child.exitCode === null);
  let present: Modules = {};
  const send = async (method: string, file: string, text?: string): Promise<readonly Problem[]> => {
    const response = await fetch(`${url}/v1/policies/${encodeURIComponent(file)}`, {
      method,
      ...(text === undefined ? {} : { body: text }),
      signal: AbortSignal.timeout(maxAnswerMs),
    });
    const body = await response.text();
    if (response.ok) return [];
    const answer = JSON.parse(body) as Reported & { errors?: readonly Reported[] };
    return toProblems(answer.errors ?? [answer]);
  };
  /** One that is needed by another one comes before it, and goes after it. */
  const putAll = async (method: string, files: readonly string[], texts: Modules = {}): Promise<void> => {
    let left = files;
    while (left.length > 0) {
      const refused: string[] = [];
      for (const file of left) if ((await send(method, file, texts[file])).length > 0) refused.push(file);
      if (refused.length === left.length) throw new Error(`expected ${refused.join(", ")} to compile`);
      left = refused;
    }
  };
  return {
    async replace(modules) {
      await putAll("DELETE", Object.keys(present));
      await putAll("PUT", Object.keys(modules), modules);
      present = modules;
    },
    async check(file, text) {
      const problems = await send("PUT", file, text);
      if (problems.length === 0) await send("PUT", file, present[file] ?? "");
      return problems;
    },
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
