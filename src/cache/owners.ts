import { createHash, randomBytes } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";

/** Who writes or reads in the folder: a process, told apart from its predecessors with the same number. */
export interface Owner {
  /** The machine since its last start, and the namespace in which process numbers count. */
  machine: string;
  processId: number;
  /** When it started: ticks since the machine's start on Linux, seconds since 1970 elsewhere. */
  startedAt: number;
}

/** A process of which nothing but its signs of life can be known is given up after so long without one. */
const staleElsewhereMs = 120_000;
/** One of this machine whose number may be another's by now. */
const staleHereMs = 3_600_000;
/** Elsewhere than on Linux clocks are set, and a start is known about so exactly. */
const startTolerance = process.platform === "linux" ? 0 : 5;

let thisOwner: Promise<Owner> | undefined;

/** This process. */
export function readOwner(): Promise<Owner> {
  thisOwner ??= describeProcess();
  return thisOwner;
}

async function describeProcess(): Promise<Owner> {
  // Containers on one machine count processes each on their own: on a Linux that does not tell them apart, nobody is taken
  // for a neighbour. Elsewhere there are no such files.
  const unknown = process.platform === "linux" ? randomBytes(8).toString("hex") : "";
  const namespace = await readlink("/proc/self/ns/pid").catch(() => unknown);
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  const machine = createHash("sha256").update(`${hostname()} ${boot} ${namespace}`).digest("hex").slice(0, 12);
  const startedAt = (await readStatus("self"))?.startedAt ?? Math.round(Date.now() / 1000 - process.uptime());
  return { machine, processId: process.pid, startedAt };
}

/** `<machine>-<process>-<start>` */
export function toOwnerName({ machine, processId, startedAt }: Owner): string {
  return `${machine}-${processId}-${startedAt}`;
}

/** An owner's name and a number that nobody else has. */
export function toUniqueName(owner: Owner): string {
  return `${toOwnerName(owner)}-${randomBytes(8).toString("hex")}`;
}

/** The owner in a file's name that `toUniqueName` made, whatever stands before or behind it. */
export function parseOwner(name: string): Owner | undefined {
  const match = /^(?:[0-9a-f]{64}\.)?([0-9a-f]{12})-(\d{1,10})-(\d{1,15})-[0-9a-f]{16}(?:\.part)?$/.exec(name);
  return match ? { machine: match[1] ?? "", processId: Number(match[2]), startedAt: Number(match[3]) } : undefined;
}

/**
 * Whether a process does not live any more or, where that cannot be known, has given no sign of life for a long time.
 * @param known this process, and how to find out how long ago the other's last sign of life was
 */
export async function isGone(owner: Owner, known: { self: Owner; readAgeMs(): Promise<number> }): Promise<boolean> {
  const { self, readAgeMs } = known;
  if (owner.machine !== self.machine) return (await readAgeMs()) > staleElsewhereMs;
  if (owner.processId === self.processId) return Math.abs(self.startedAt - owner.startedAt) > startTolerance;
  if (!isThere(owner.processId)) return true;
  const status = await readStatus(String(owner.processId));
  if (status === undefined) return (await readAgeMs()) > staleHereMs;
  return status.isDead || status.startedAt !== owner.startedAt;
}

function isThere(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (thrown) {
    // Somebody else's process is alive too.
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
}

/** What Linux tells of a process (proc(5), `/proc/pid/stat`); undefined elsewhere, and where it may not be known. */
async function readStatus(process: string): Promise<{ isDead: boolean; startedAt: number } | undefined> {
  const text = await readFile(`/proc/${process}/stat`, "utf8").catch(() => "");
  // The second field is a file's name in brackets and may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state = "", startedAt] = [fields[0], Number(fields[19])];
  if (!Number.isSafeInteger(startedAt)) return undefined;
  // Killed, and nobody has asked for its exit code.
  return { isDead: /^[ZXx]$/.test(state), startedAt };
}
