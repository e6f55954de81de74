import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Measurement {
  exitCode: number;
  stdout: string;
  stderr: string;
  wallSeconds: number;
  cpuSeconds: number;
  peakMebibytes: number;
}

const ticksPerSecond = 100;

/** Runs a program and measures it: wall and CPU time, and the peak of its resident memory (Linux, /proc). */
export async function measure(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string | undefined> },
): Promise<Measurement> {
  const started = process.hrtime.bigint();
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  let peakKibibytes = 0;
  let cpuTicks = 0;
  const sample = () => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      peakKibibytes = Math.max(peakKibibytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      cpuTicks = Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
    } catch {
      // the program has ended between two samples: the last one stands
    }
  };
  const sampling = setInterval(sample, 10);
  const exitCode = await new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? 128)));
  clearInterval(sampling);
  return {
    exitCode,
    stdout: Buffer.concat(output).toString("utf8"),
    stderr: Buffer.concat(errors).toString("utf8"),
    wallSeconds: Number(process.hrtime.bigint() - started) / 1e9,
    cpuSeconds: cpuTicks / ticksPerSecond,
    peakMebibytes: peakKibibytes / 1024,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
