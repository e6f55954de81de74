/** What of a result entries are compared with. */
export interface Matchable {
  code: string;
  terms: readonly string[];
  collections: readonly string[];
}

/**
 * The texts that entries may have to match a result with the code `a.b.pkg.rule`: `pkg`, `pkg.*`, `pkg.rule`, each also
 * with `:term`; `*`; `@collection`.
 */
export function matchersOf({ code, terms, collections }: Matchable): string[] {
  const parts = code.split(".");
  const rule = parts.at(-1) ?? "";
  const name = parts.length > 1 ? (parts.at(-2) ?? "") : "";
  const plain = name === "" ? [] : [name, `${name}.*`, `${name}.${rule}`];
  const withTerms = terms.filter((term) => term !== "").flatMap((term) => plain.map((text) => `${text}:${term}`));
  return [...plain, ...withTerms, "*", ...collections.map((collection) => `@${collection}`)];
}

/**
 * How specific an entry is: `@x` 10, `*` 1, a package 10 for each of its segments, a rule 100 more, a term 100 more.
 */
export function scoreOf(entry: string): number {
  if (entry.startsWith("@")) {
    return 10;
  }
  const colon = entry.indexOf(":");
  const name = colon === -1 ? entry : entry.slice(0, colon);
  const term = colon === -1 ? "" : entry.slice(colon + 1);
  const parts = name.split(".");
  const rule = parts.length > 1 ? parts.at(-1) : undefined;
  const packageName = rule === undefined ? name : parts.slice(0, -1).join(".");
  const packageScore = packageName === "*" ? 1 : 10 * Math.max(1, parts.length - 1);
  const ruleScore = rule === undefined || rule === "*" || rule === "" ? 0 : 100;
  return packageScore + ruleScore + (term === "" ? 0 : 100);
}

/** The sum of the scores of all entries that match, each as often as it is listed. */
export function scoreMatches(
  matchers: readonly string[],
  entries: readonly string[],
  onMatch?: (entry: string) => void,
): number {
  let sum = 0;
  for (const matcher of matchers) {
    for (const entry of entries) {
      if (entry === matcher) {
        sum += scoreOf(entry);
        onMatch?.(entry);
      }
    }
  }
  return sum;
}
