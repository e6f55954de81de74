import type { PolicyTextPorts } from "./ports.ts";

/** The text of the policy configuration that `--policy` names. */
export async function readPolicyText(
  value: string,
  ports: PolicyTextPorts,
  options: { signal?: AbortSignal } = {},
): Promise<string> {
  await ports.files.kindOf(`${value}${options.signal}`);
  throw new Error("not yet");
}
