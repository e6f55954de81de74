import { createHash, randomBytes } from "node:crypto";
import { readlink } from "node:fs/promises";
import { hostname } from "node:os";
import type { FileState } from "./files.ts";

/** Who writes temporary files: a process, told apart from its predecessors with the same number. */
export interface Owner {
  /** The machine, and the namespace in which process numbers count. */
  machine: string;
  processId: number;
  /** Seconds since 1970. */
  startedAt: number;
}

const staleElsewhereMs = 3_600_000;
const staleHereMs = 24 * 3_600_000;
/** Clocks are set; a start is known about so exactly. */
const startToleranceSeconds = 5;

let thisOwner: Promise<Owner> | undefined;

/** This process. */
export function readOwner(): Promise<Owner> {
  thisOwner ??= describeProcess();
  return thisOwner;
}

async function describeProcess(): Promise<Owner> {
  // Containers on one machine count processes each on their own. Elsewhere there is no such link.
  const namespace = await readlink("/proc/self/ns/pid").catch(() => "");
  const machine = createHash("sha256").update(`${hostname()} ${namespace}`).digest("hex").slice(0, 12);
  return { machine, processId: process.pid, startedAt: Math.round(Date.now() / 1000 - process.uptime()) };
}

/** A fresh name for a temporary file. */
export function toTemporaryName({ machine, processId, startedAt }: Owner): string {
  return `${machine}-${processId}-${startedAt}-${randomBytes(8).toString("hex")}.part`;
}

/**
 * Whether a temporary file's writer is gone: the process does not live any more, or, where that cannot be known, the
 * file was not written to for a long time.
 */
export function isAbandoned(
  name: string,
  state: FileState,
  { owner, nowMs }: { owner: Owner; nowMs: number },
): boolean {
  const ageMs = nowMs - state.modifiedAtMs;
  const match = /^([0-9a-f]{12})-(\d{1,10})-(\d{1,12})-[0-9a-f]{16}\.part$/.exec(name);
  if (!match || match[1] !== owner.machine) return ageMs > staleElsewhereMs;
  if (ageMs > staleHereMs) return true;
  const processId = Number(match[2]);
  if (processId !== owner.processId) return !isAlive(processId);
  return Math.abs(Number(match[3]) - owner.startedAt) > startToleranceSeconds;
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (thrown) {
    // Somebody else's process is alive too.
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
}
