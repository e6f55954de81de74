import type { Json } from "../types/index.ts";

const escapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** A value that may hold absent entries, as objects built by hand do. */
export type LooseJson = Json | undefined | readonly LooseJson[] | { readonly [key: string]: LooseJson };

/** Compact JSON with the HTML escapes that Go's encoder writes. */
export function toGoJson(value: LooseJson): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character);
}
