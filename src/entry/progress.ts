import { toOneLine } from "../report/index.ts";
import type { Progress } from "../run/index.ts";
import type { ComponentReport } from "../types/index.ts";

export interface ProgressPorts {
  write(text: string): void;
  /** Whether lines can be written over: then one line shows the newest state. */
  isTerminal: boolean;
}

/** Shows how far a run is, where there is more than one component to wait for. */
export function createProgress(ports: ProgressPorts): (progress: Progress) => void {
  return ({ done, total, component }) => {
    if (total < 2) return;
    const width = String(total).length;
    const line = `[${String(done).padStart(width)}/${total}] ${toOneLine(component.name || component.containerImage)}: ${toOutcome(component)}`;
    if (!ports.isTerminal) ports.write(`${line}\n`);
    else ports.write(done < total ? `\r\u001b[2K${line.slice(0, 100)}` : "\r\u001b[2K");
  };
}

function toOutcome(component: ComponentReport): string {
  if (component.error !== undefined) return `could not decide (${component.error.code})`;
  if (component.success) return "passed";
  return `${component.violations.length} violation${component.violations.length === 1 ? "" : "s"}`;
}
