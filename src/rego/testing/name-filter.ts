/**
 * Whether a name has a match among patterns as Go's `filepath.Match` reads them: `*` for any text, `?` for a character, `[a-z]` and
 * `[^a-z]` for one of several, and a backslash before a character that means itself. A pattern that cannot be read matches nothing.
 */
export function createNameFilter(patterns: readonly string[]): (name: string) => boolean {
  const tokens = patterns.map(parsePattern);
  return (name) => tokens.some((pattern) => pattern !== undefined && matches(pattern, [...name]));
}

type Token = "any" | ((character: string) => boolean);

function parsePattern(pattern: string): Token[] | undefined {
  const tokens: Token[] = [];
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] as string;
    if (character === "*") tokens.push("any");
    else if (character === "?") tokens.push(() => true);
    else if (character === "[") {
      const end = characters.indexOf("]", at + 2);
      if (end < 0) return undefined;
      tokens.push(parseClass(characters.slice(at + 1, end)));
      at = end;
    } else {
      if (character === "\\") at += 1;
      const literal = characters[at];
      if (literal === undefined) return undefined;
      tokens.push((other) => other === literal);
    }
  }
  return tokens;
}

function parseClass(characters: readonly string[]): Token {
  const isNegated = characters[0] === "^";
  const members = isNegated ? characters.slice(1) : characters;
  const ranges: [string, string][] = [];
  for (let at = 0; at < members.length; at += 1) {
    const first = members[at] as string;
    const isRange = members[at + 1] === "-" && at + 2 < members.length;
    ranges.push([first, isRange ? (members[at + 2] as string) : first]);
    if (isRange) at += 2;
  }
  return (character) => ranges.some(([first, last]) => first <= character && character <= last) !== isNegated;
}

/** Goes back to the last `*` only: the time is bounded by the product of both lengths. */
function matches(tokens: readonly Token[], name: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (at < name.length) {
    const current = tokens[token];
    if (current === "any") {
      star = token;
      resume = at;
      token += 1;
    } else if (current?.(name[at] as string) === true) {
      token += 1;
      at += 1;
    } else if (star >= 0) {
      token = star + 1;
      resume += 1;
      at = resume;
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === "any");
}
