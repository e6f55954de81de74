import type { CredentialPorts } from "../../oci/index.ts";
import { EntryError } from "../errors.ts";
import type { RunProgram } from "./programs.ts";

const defaultTimeoutMs = 60_000;
/** Tokens of cloud registries have some kilobytes. */
const maxAnswerBytes = 1024 * 1024;

/**
 * Asks Docker's credential helpers (`docker-credential-<name> get`, the server on standard input). One that gives no
 * answer in time, or a longer one, is ended: it may be waiting for somebody to type.
 */
export function createHelperRunner(
  runProgram: RunProgram,
  { timeoutMs = defaultTimeoutMs }: { timeoutMs?: number } = {},
): CredentialPorts["runHelper"] {
  return async (name, stdin, signal) => {
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      const { stdout, exitCode } = await runProgram({
        command: `docker-credential-${name}`,
        args: ["get"],
        input: stdin,
        maxBytes: maxAnswerBytes,
        signal: AbortSignal.any([signal, deadline]),
      });
      return { stdout, exitCode };
    } catch (error) {
      if (!deadline.aborted || signal.aborted) throw error;
      throw new EntryError(`it did not answer within ${timeoutMs} ms`, { code: "program-failed", cause: error });
    }
  };
}
