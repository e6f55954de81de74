import { mkdtemp, rm } from "node:fs/promises";
import { devNull, tmpdir } from "node:os";
import { join, resolve, sep } from "node:path";
import type { GitPort, GitTreeRequest, SourceBounds } from "../../policy/index.ts";
import { EntryError } from "../errors.ts";
import { localFiles } from "./files.ts";
import type { RunProgram } from "./programs.ts";

interface GitOptions {
  bounds: SourceBounds;
  signal?: AbortSignal;
}

/** Policy sources out of git, with the `git` program: one commit without its history, no hooks, no submodules, no prompts. */
export function createGitPort(runProgram: RunProgram, env: Readonly<Record<string, string | undefined>>): GitPort {
  const gitEnv = { ...env, GIT_TERMINAL_PROMPT: "0", GIT_LFS_SKIP_SMUDGE: "1", GIT_CONFIG_NOSYSTEM: "1", LC_ALL: "C" };

  async function git(
    folder: string,
    args: readonly string[],
    request: GitTreeRequest,
    signal?: AbortSignal,
  ): Promise<string> {
    const settings = ["-c", `core.hooksPath=${devNull}`, "-c", "core.symlinks=false", "-c", "protocol.ext.allow=never"];
    const result = await runProgram({
      command: "git",
      args: [...settings, ...args],
      cwd: folder,
      env: gitEnv,
      ...(signal === undefined ? {} : { signal }),
    });
    if (result.exitCode === 0) return result.stdout.trim();
    throw toGitFault(request, result.stderr);
  }

  /** A server may refuse to hand out a commit by its hash: then everything is fetched and the commit is looked up. */
  async function fetchCommit(folder: string, request: GitTreeRequest, signal?: AbortSignal): Promise<void> {
    const ref = request.ref ?? "HEAD";
    try {
      await git(folder, ["fetch", "--quiet", "--depth=1", "--no-tags", "--", "origin", ref], request, signal);
      await git(folder, ["checkout", "--quiet", "--detach", "FETCH_HEAD"], request, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (!/^[0-9a-f]{7,64}$/.test(ref)) throw error;
      await git(
        folder,
        ["fetch", "--quiet", "--tags", "--", "origin", "+refs/heads/*:refs/remotes/origin/*"],
        request,
        signal,
      );
      await git(folder, ["checkout", "--quiet", "--detach", ref], request, signal);
    }
  }

  return {
    async fetchTree(request: GitTreeRequest, options: GitOptions) {
      if (request.ref?.startsWith("-"))
        throw toGitFault(request, `the ref ${request.ref} is not one: it starts with a dash`);
      const folder = await mkdtemp(join(tmpdir(), "sealcheck-git-"));
      try {
        await git(folder, ["init", "--quiet"], request, options.signal);
        await git(folder, ["remote", "add", "--", "origin", request.url], request, options.signal);
        await fetchCommit(folder, request, options.signal);
        const commit = await git(folder, ["rev-parse", "HEAD"], request, options.signal);
        return { commit, files: await readTree(folder, request, options) };
      } finally {
        await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      }
    },
  };
}

async function readTree(folder: string, request: GitTreeRequest, options: GitOptions) {
  const root = resolve(folder, request.subdir);
  if (root !== folder && !root.startsWith(folder + sep)) {
    throw toGitFault(request, `the folder ${request.subdir} lies outside the repository`);
  }
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  if ((await localFiles.kindOf(root)) !== "directory") {
    throw toGitFault(request, `the repository has no folder ${request.subdir}`);
  }
  const paths = await localFiles.list(root, { maxFiles: options.bounds.maxFiles, ...signal });
  let bytesLeft = options.bounds.maxBytes;
  const files = [];
  for (const path of paths.filter((name) => !name.startsWith(".git/"))) {
    const bytes = await localFiles.read(join(root, path), { maxBytes: bytesLeft, ...signal });
    bytesLeft -= bytes.length;
    files.push({ path, bytes });
  }
  return files;
}

function toGitFault(request: GitTreeRequest, reason: string): EntryError {
  const address = withoutUserInformation(request.url);
  const reachable =
    /could not resolve host|timed out|connection (refused|reset)|unable to access|early EOF|the remote end hung up/i;
  const detail = withoutUserInformation(reason.trim());
  return new EntryError(`git could not fetch ${request.ref ?? "the default branch"} of ${address}: ${detail}`, {
    code: "git-failed",
    subject: address,
    retryable: reachable.test(reason),
  });
}

function withoutUserInformation(text: string): string {
  return text.replaceAll(/([a-z]+:\/\/)[^/@\s]+@/gi, "$1");
}
