/** One challenge of a `WWW-Authenticate` header (RFC 9110, 11.6.1). Scheme and parameter names are lower-case. */
export interface Challenge {
  scheme: string;
  parameters: Readonly<Record<string, string>>;
}

const maxHeaderLength = 8192;

/** Parses the challenges of a response, in order. What does not parse ends the list. */
export function parseChallenges(headers: readonly string[]): readonly Challenge[] {
  const text = headers.join(", ");
  if (text.length > maxHeaderLength) return [];
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  const token = /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [, name = "", quoted, plain] = match;
    const value = quoted === undefined ? plain : quoted.replace(/\\(.)/g, "$1");
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: {} });
    else {
      const current = challenges.at(-1);
      // The first of two equal names counts.
      if (current && !Object.hasOwn(current.parameters, name.toLowerCase())) {
        Object.defineProperty(current.parameters, name.toLowerCase(), { value, enumerable: true });
      }
    }
  }
  return challenges;
}
