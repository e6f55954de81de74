import { spawn } from "node:child_process";
import { join } from "node:path";

/** What the program printed and how it ended. */
export interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export const root = join(import.meta.dirname, "..");
export const bundle = join(root, "dist", "index.js");

/** The labels that the example policy demands. */
export const goodLabels = {
  "org.opencontainers.image.source": "https://git.example.com/acme/app",
  "org.opencontainers.image.revision": "0123456789abcdef0123456789abcdef01234567",
  "org.opencontainers.image.description": "An image for tests",
};

export interface RunOptions {
  env?: Readonly<Record<string, string | undefined>>;
  cwd?: string;
}

/** Runs the committed bundle as a user does. The environment is this process' without what a runner or a user set for the program. */
export async function runSealcheck(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [bundle, ...args], {
    cwd: options.cwd ?? root,
    env: { ...cleanEnvironment(), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 128));
  });
  return { exitCode, stdout: Buffer.concat(stdout).toString("utf8"), stderr: Buffer.concat(stderr).toString("utf8") };
}

function cleanEnvironment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(INPUT_|GITHUB_|ACTIONS_|RUNNER_|EC_|SIGSTORE_|TUF_|FORCE_COLO|NO_COLO)/.test(name),
  );
  return Object.fromEntries(kept);
}
