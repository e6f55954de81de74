/**
 * Regular expressions that V8's own engine matches in linear time and with RE2's meaning. It goes back and tries again, so
 * that most expressions can take exponential time there; those that are let through here are sequences of characters and
 * classes in which it never has a choice:
 *
 * - only ASCII characters, classes of them, `.`, `\d`, `\w`, `\s`, greedy repetitions, and `^` and `$` at the ends: no
 *   groups, no alternatives, no flags;
 * - what a repetition takes is never what may come behind it, so that giving characters back fails at once;
 * - a search tries every place of the text only where an attempt is short, or where nothing that an attempt passes can begin
 *   another one.
 *
 * The expression is written anew, as `.` and `\s` mean other characters in JavaScript.
 */

/** Which ASCII characters fit, and whether all others do. */
interface Characters {
  readonly ascii: ReadonlySet<number>;
  readonly others: boolean;
}

interface Part {
  readonly characters: Characters;
  readonly least: number;
  readonly most: number;
}

/** The expression for V8, with the flags g and u; undefined where it is not proven. */
export function toDirect(expression: string): RegExp | undefined {
  const isAnchored = expression.startsWith("^");
  const isEnding = /(?<!\\)\$$/.test(expression);
  const parts = readParts(expression.slice(isAnchored ? 1 : 0, isEnding ? -1 : undefined));
  if (parts === undefined || !isDetermined(parts) || !(isAnchored || isSparse(parts))) return undefined;
  return new RegExp(`${isAnchored ? "^" : ""}${parts.map(write).join("")}${isEnding ? "$" : ""}`, "gu");
}

const maxParts = 200;
const maxRepeat = 1000;
const maxAttempt = 64;
const atom =
  /^(?:\[(\^?)((?:[\w .,:;/@#%&=+*?!~<>"'`|(){}$-]|\\[\][\\.^$|?*+(){}dws/-])+)\]|\\([.+*?()|[\]{}^$\\/dws-])|([\w ,:;/@#%&=!~<>"'`-])|(\.))/;
const quantifier = /^(?:[*+?]|\{(\d{1,4})(,(\d{0,4}))?\})/;

function readParts(expression: string): Part[] | undefined {
  const parts: Part[] = [];
  for (let rest = expression; rest !== ""; ) {
    const match = atom.exec(rest);
    if (match === null || parts.length >= maxParts) return undefined;
    rest = rest.slice(match[0].length);
    const characters = readCharacters(match);
    const repeat = quantifier.exec(rest);
    rest = rest.slice(repeat?.[0].length ?? 0);
    const bounds = readBounds(repeat);
    if (characters === undefined || bounds === undefined || /^[*+?{]/.test(rest)) return undefined;
    parts.push({ characters, ...bounds });
  }
  return parts;
}

function readBounds(repeat: RegExpExecArray | null): { least: number; most: number } | undefined {
  switch (repeat?.[0]) {
    case undefined:
      return { least: 1, most: 1 };
    case "*":
      return { least: 0, most: Number.POSITIVE_INFINITY };
    case "+":
      return { least: 1, most: Number.POSITIVE_INFINITY };
    case "?":
      return { least: 0, most: 1 };
  }
  const least = Number(repeat?.[1]);
  const [, , comma, end] = repeat ?? [];
  const most = comma === undefined ? least : end === "" ? Number.POSITIVE_INFINITY : Number(end);
  const isValid =
    least <= maxRepeat && least <= most && most > 0 && (most <= maxRepeat || most === Number.POSITIVE_INFINITY);
  return isValid ? { least, most } : undefined;
}

const word = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
const named: Readonly<Record<string, string>> = { d: word.slice(0, 10), w: word, s: "\t\n\f\r " };

function toCodes(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}

function readCharacters(match: RegExpExecArray): Characters | undefined {
  const [, negation, members, escaped, single, dot] = match;
  if (members !== undefined) {
    const listed = readMembers(members);
    return listed === undefined || negation === "" ? listed : complement(listed);
  }
  if (dot !== undefined) return complement({ ascii: new Set([10]), others: false });
  const text = escaped === undefined ? (single ?? "") : (named[escaped] ?? escaped);
  return { ascii: new Set(toCodes(text)), others: false };
}

function complement({ ascii, others }: Characters): Characters {
  const rest = Array.from({ length: 128 }, (_, code) => code).filter((code) => !ascii.has(code));
  return { ascii: new Set(rest), others: !others };
}

/** The members of a class: ranges go from letter to letter or from digit to digit, and a dash stands alone at an end. */
function readMembers(members: string): Characters | undefined {
  const ascii = new Set<number>();
  for (let rest = members; rest !== ""; ) {
    const range = /^(?:([0-9])-([0-9])|([a-z])-([a-z])|([A-Z])-([A-Z]))/.exec(rest);
    if (range !== null) {
      const [first = 0, last = -1] = range
        .slice(1)
        .filter((end) => end !== undefined)
        .flatMap(toCodes);
      if (last < first) return undefined;
      for (let code = first; code <= last; code += 1) ascii.add(code);
      rest = rest.slice(3);
      continue;
    }
    const escaped = rest.startsWith("\\");
    const text = rest.slice(escaped ? 1 : 0, escaped ? 2 : 1);
    const next = rest.slice(escaped ? 2 : 1);
    if (!escaped && text === "-" && rest !== members && next !== "") return undefined;
    // What stands before a dash would begin a range.
    if (next.length > 1 && next.startsWith("-")) return undefined;
    for (const code of toCodes(escaped ? (named[text] ?? text) : text)) ascii.add(code);
    rest = next;
  }
  return { ascii, others: false };
}

function areDisjoint(a: Characters, b: Characters): boolean {
  if (a.others && b.others) return false;
  for (const code of a.ascii) if (b.ascii.has(code)) return false;
  return true;
}

/** Whether nothing that may come behind a repetition fits what it repeats. */
function isDetermined(parts: readonly Part[]): boolean {
  return parts.every(({ characters, least, most }, index) => {
    if (least === most) return true;
    for (const next of parts.slice(index + 1)) {
      if (!areDisjoint(characters, next.characters)) return false;
      if (next.least > 0) return true;
    }
    return true;
  });
}

/** Whether all attempts of a search together pass a text a bounded number of times. */
function isSparse(parts: readonly Part[]): boolean {
  const [first, ...others] = parts;
  if (first === undefined) return false;
  if (parts.reduce((sum, { most }) => sum + most, 0) <= maxAttempt) return true;
  return (
    first.least === 1 && first.most === 1 && others.every(({ characters }) => areDisjoint(first.characters, characters))
  );
}

function write({ characters, least, most }: Part): string {
  const { ascii, others } = toListed(characters);
  const codes = [...ascii].map((code) => `\\x${code.toString(16).padStart(2, "0")}`).join("");
  const repeat = least === 1 && most === 1 ? "" : `{${least},${Number.isFinite(most) ? most : ""}}`;
  return `[${others ? "^" : ""}${codes}]${repeat}`;
}

/** A class is written by what it lacks where it has all characters beyond ASCII. */
function toListed(characters: Characters): Characters {
  return characters.others ? { ascii: complement(characters).ascii, others: true } : characters;
}
