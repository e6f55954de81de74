import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Answer, Problem } from "./answers.ts";

/** `opa` as a server on loopback: a program is put there, then its documents are asked for. */
export interface OpaServer {
  /** Undefined where it compiles. */
  put(module: string): Promise<readonly Problem[] | undefined>;
  /** A document below the package `p`, or the whole package, as JSON text. */
  ask(path: string, input: unknown): Promise<Answer>;
  /** Like `ask`, in a process of its own, without the index over rules and without early exits. */
  askPlainly(module: string, path: string, input: unknown): Promise<Answer>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The server has ended or no longer answers: some programs make OPA panic. */
export class OpaGoneError extends Error {}

const run = promisify(execFile);

const maxAnswerMs = 10_000;

interface OpaProcess {
  url: string;
  stop(): Promise<void>;
}

export async function startOpaServer(binary: string, base: unknown): Promise<OpaServer> {
  let { url, stop } = await startProcess(binary, base);
  return {
    async put(module) {
      const { status, body } = await send("PUT", `${url}/v1/policies/p.rego`, module);
      return status === 200 ? undefined : toProblems(body);
    },
    async ask(path, input) {
      const address = `${url}/v1/data/p${path === "" ? "" : `/${path}`}`;
      const { status, body } = await send("POST", address, JSON.stringify({ input }));
      if (status !== 200) return { problems: toProblems(body) };
      const result = /^\{"result":([\s\S]*)\}\s*$/.exec(body)?.[1];
      return { value: result };
    },
    askPlainly: (module, path, input) => evaluatePlainly(binary, { base, module, path, input }),
    async restart() {
      await stop();
      ({ url, stop } = await startProcess(binary, base));
    },
    stop: () => stop(),
  };
}

/** What the index skips is evaluated here, and errors where it has some. */
async function evaluatePlainly(
  binary: string,
  program: { base: unknown; module: string; path: string; input: unknown },
): Promise<Answer> {
  const folder = mkdtempSync(join(tmpdir(), "sealcheck-opa-"));
  try {
    const files = {
      module: join(folder, "p.rego"),
      base: join(folder, "base.json"),
      input: join(folder, "input.json"),
    };
    writeFileSync(files.module, program.module);
    writeFileSync(files.base, JSON.stringify({ base: program.base }));
    writeFileSync(files.input, JSON.stringify(program.input));
    const flags = ["--disable-indexing", "--disable-early-exit", "--format", "json", "--timeout", "10s"];
    const query = `data.p${program.path === "" ? "" : `.${program.path}`}`;
    const args = ["eval", ...flags, "-d", files.module, "-d", files.base, "-i", files.input, query];
    const output = await run(binary, args).then(
      ({ stdout }) => stdout,
      (thrown: { stdout: string }) => thrown.stdout,
    );
    return toPlainAnswer(output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Numbers keep their digits: the value's text is cut out of the document. */
function toPlainAnswer(output: string): Answer {
  const { errors } = JSON.parse(output) as { errors?: unknown };
  if (errors !== undefined) return { problems: toProblems(output) };
  const value = /"value": ([\s\S]*),\s*"text": "data\.p/.exec(output)?.[1];
  return { value };
}

async function startProcess(binary: string, base: unknown): Promise<OpaProcess> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ["run", "--server", "--addr", `127.0.0.1:${port}`, "--log-level", "error", "--disable-telemetry"];
  const child = spawn(binary, args, { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await waitUntilReady(url, () => child.exitCode === null);
  await send("PUT", `${url}/v1/data/base`, JSON.stringify(base));
  return {
    url,
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function send(method: string, url: string, body: string): Promise<{ status: number; body: string }> {
  const signal = AbortSignal.timeout(maxAnswerMs);
  try {
    const response = await fetch(url, { method, body, headers: { "content-type": "application/json" }, signal });
    const text = await response.text();
    if (text.includes("compiler has errors")) throw new OpaGoneError(`OPA has lost its policies: ${text}`);
    return { status: response.status, body: text };
  } catch (cause) {
    throw new OpaGoneError(`no answer to ${method} ${url}`, { cause });
  }
}

function toProblems(body: string): Problem[] {
  const document = JSON.parse(body) as {
    code: string;
    message: string;
    errors?: { code: string; message: string; location?: { row: number } }[];
  };
  const errors = document.errors ?? [{ code: document.code, message: document.message }];
  return errors.map(({ code, message, location }: { code: string; message: string; location?: { row: number } }) => ({
    code,
    message,
    row: location?.row ?? 0,
  }));
}

async function waitUntilReady(url: string, isRunning: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200 && isRunning(); attempt += 1) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("opa did not start");
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
