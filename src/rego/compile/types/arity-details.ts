import type { FunctionType } from "../../builtins/index.ts";
import type { CallStatement } from "../ir.ts";
import { argumentNames } from "./argument-names.ts";
import { argumentDetails } from "./fault-details.ts";
import { TypeScope } from "./scope.ts";
import { TypeTree } from "./type-tree.ts";

/** What a built-in function was given, as far as that is known before types are checked, and what it wants. */
export function arityDetails(
  { args, callee, nested }: CallStatement,
  want: FunctionType | undefined,
): readonly string[] {
  const scope = new TypeScope(new TypeTree());
  const given = args.map((arg) => scope.of(arg));
  // The result of a call inside of a term stands with the arguments.
  const have = nested && want?.result !== undefined ? [...given, undefined] : given;
  return argumentDetails(have, { args: want?.args ?? [] }, argumentNames(callee.kind === "builtin" ? callee.name : ""));
}
