/** Splits as a shell would split words, without running or expanding anything; undefined where a quote stays open. */
export function splitShellWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (/\s/.test(character)) {
      if (word !== undefined) {
        words.push(word);
        word = undefined;
      }
    } else if (character === "'" || character === '"') {
      const quoted = readQuoted(text, at);
      if (quoted === undefined) {
        return undefined;
      }
      word = (word ?? "") + quoted.value;
      at = quoted.end;
    } else if (character === "\\") {
      const continued = /^\r?\n/.exec(text.slice(at + 1, at + 3))?.[0].length ?? 0;
      word = continued > 0 ? word : (word ?? "") + (text[at + 1] ?? "\\");
      at += Math.max(continued, 1);
    } else {
      word = (word ?? "") + character;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** The content of a quoted part that begins at `start`; `end` is the position of the closing quote. */
function readQuoted(text: string, start: number): { value: string; end: number } | undefined {
  const quote = text[start];
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === quote) {
      return { value, end: at };
    }
    const next = text[at + 1];
    if (quote === '"' && character === "\\" && next !== undefined && '"\\$`'.includes(next)) {
      value += next;
      at++;
    } else {
      value += character;
    }
  }
  return undefined;
}
