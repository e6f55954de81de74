import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "../disk/index.ts";
import type { OutputSlice } from "../inputs/index.ts";
import { renderReport } from "../report/index.ts";
import { type Report, toErrorMessage } from "../types/index.ts";
import { EntryError } from "./errors.ts";

export interface OutputPorts {
  writeOut(text: string): void;
  /** Whether standard output shows ANSI colours. */
  colorTerminal: boolean;
}

/**
 * Writes the report to every target. One that fails does not keep the others from being written.
 *
 * @throws AggregateError of EntryError "output-failed"
 */
export async function writeOutputs(report: Report, output: OutputSlice, ports: OutputPorts): Promise<void> {
  const color = output.color === "always" || (output.color === "auto" && ports.colorTerminal);
  const failures: EntryError[] = [];
  for (const target of output.targets) {
    const text = renderReport(report, { ...target, color });
    if (target.path === undefined) ports.writeOut(text);
    else
      await writeTarget(target.path, text).catch((error: unknown) =>
        failures.push(toOutputFault(target.path ?? "", error)),
      );
  }
  if (failures.length > 0) throw new AggregateError(failures, "outputs could not be written");
}

async function writeTarget(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path));
  await writeFile(path, text);
}

function toOutputFault(path: string, error: unknown): EntryError {
  return new EntryError(`the report could not be written to ${path}: ${toErrorMessage(error)}`, {
    code: "output-failed",
    subject: path,
    cause: error,
  });
}
