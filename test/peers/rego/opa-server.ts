import { spawn } from "node:child_process";
import { findFreePort } from "../../fixtures/free-port.ts";
import type { Answer, Problem } from "./answers.ts";
import { library } from "./library.ts";

/** `opa` as a server on loopback: a program is put there, then its documents are asked for. */
export interface OpaServer {
  /** Undefined where it compiles. */
  put(module: string): Promise<readonly Problem[] | undefined>;
  /** A document below the package `p`, or the whole package, as JSON text. */
  ask(path: string, input: unknown): Promise<Answer>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The server has ended, no longer answers or no longer compiles what it holds: some programs make OPA panic. */
export class OpaGoneError extends Error {}

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
    async restart() {
      await stop();
      ({ url, stop } = await startProcess(binary, base));
    },
    stop: () => stop(),
  };
}

async function startProcess(binary: string, base: unknown): Promise<OpaProcess> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ["run", "--server", "--addr", `127.0.0.1:${port}`, "--log-level", "error", "--disable-telemetry"];
  const child = spawn(binary, args, { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await waitUntilReady(url, () => child.exitCode === null);
  await send("PUT", `${url}/v1/data/base`, JSON.stringify(base));
  await send("PUT", `${url}/v1/policies/lib.rego`, library);
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
    if (cause instanceof OpaGoneError) throw cause;
    throw new OpaGoneError(`no answer to ${method} ${url}: ${cause}`, { cause });
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

/** Waits until `opa run --server` answers; throws where its process ends or ten seconds pass first. */
export async function waitUntilReady(url: string, isRunning: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200 && isRunning(); attempt += 1) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("opa did not start");
}
