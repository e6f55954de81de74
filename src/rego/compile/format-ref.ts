import { quoteString } from "../value/index.ts";
import type { DocumentKey } from "./document-key.ts";

const name = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A path in Rego's notation: `data.a["b-c"][0]`. */
export function formatPath(root: string, keys: readonly DocumentKey[]): string {
  let text = root;
  for (const key of keys) text += formatOperand(key);
  return text;
}

/** One bracketed or dotted step of a path. */
export function formatOperand(key: DocumentKey): string {
  if (typeof key !== "string") return `[${String(key)}]`;
  return name.test(key) ? `.${key}` : `[${quoteString(key)}]`;
}
