/** Character codes that the scanner looks at. */
export const Char = {
  Tab: 9,
  Newline: 10,
  Return: 13,
  Space: 32,
  Bang: 33,
  Quote: 34,
  Hash: 35,
  Dollar: 36,
  Percent: 37,
  Ampersand: 38,
  ParenOpen: 40,
  ParenClose: 41,
  Star: 42,
  Plus: 43,
  Comma: 44,
  Minus: 45,
  Dot: 46,
  Slash: 47,
  Zero: 48,
  Nine: 57,
  Colon: 58,
  Semicolon: 59,
  Less: 60,
  Equals: 61,
  Greater: 62,
  BracketOpen: 91,
  Backslash: 92,
  BracketClose: 93,
  Backquote: 96,
  LowerE: 101,
  LowerU: 117,
  BraceOpen: 123,
  Bar: 124,
  BraceClose: 125,
  ByteOrderMark: 0xfeff,
} as const;

export function isDecimal(code: number): boolean {
  return code >= Char.Zero && code <= Char.Nine;
}

export function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 97 && lower <= 122) || code === 95;
}

export function isWhitespace(code: number): boolean {
  return code === Char.Space || code === Char.Newline || code === Char.Tab || code === Char.Return;
}

/** The first of the two units of a character beyond U+FFFF: it takes two units and one column. */
export function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Whether a name can stand after a dot or as a variable. Reserved words are identifiers, too. */
export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text);
}
