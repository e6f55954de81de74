import { quoteString } from "../value/index.ts";
import type { DocumentKey } from "./document-key.ts";

const name = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** As OPA does, keywords are written in brackets, though they parse behind a dot, too. */
const keywords: ReadonlySet<string> = new Set(
  "as contains default else every false if import in not null package some true with".split(" "),
);

/** A path in Rego's notation: `data.a["b-c"][0]`. */
export function formatPath(root: string, keys: readonly DocumentKey[]): string {
  let text = root;
  for (const key of keys) text += formatOperand(key);
  return text;
}

/** One bracketed or dotted step of a path. */
export function formatOperand(key: DocumentKey): string {
  if (typeof key !== "string") return `[${String(key)}]`;
  return name.test(key) && !keywords.has(key) ? `.${key}` : `[${quoteString(key)}]`;
}
