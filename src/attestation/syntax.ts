import type { Statement } from "./statement.ts";

/** stub */
export function checkSyntax(statement: Statement): readonly string[] {
  throw new Error(`not written yet: ${statement.predicateType}`);
}
