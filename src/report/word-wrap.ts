const token =
  /(\n)|([\t\v\f\r \u0085\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+)|([^\n\t\v\f\r \u0085\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+)/g;

/**
 * Wraps at white space so that lines have at most `limit` characters; a longer word overhangs. Blanks at a break go.
 * Breaks where the word wrapping of `ec`'s text report breaks.
 */
export function wrapWords(text: string, limit: number): string {
  let wrapped = "";
  let column = 0;
  let blanks = "";
  for (const [, lineEnd, space, word] of text.matchAll(token)) {
    if (space !== undefined) {
      blanks = space;
    } else if (lineEnd !== undefined) {
      wrapped += (column + blanks.length > limit ? "" : blanks) + lineEnd;
      column = 0;
      blanks = "";
    } else {
      const start = column + blanks.length;
      const length = [...(word ?? "")].length;
      const overflowsAt = Math.max(1, limit - start + 1);
      const breaks = start + length > limit && overflowsAt < limit;
      wrapped += (breaks ? "\n" : blanks) + (word ?? "");
      column = breaks ? length : start + length;
      blanks = "";
    }
  }
  return wrapped + (column + blanks.length > limit ? "" : blanks);
}

/** The text wrapped, each of its lines after `indent` blanks, which count. */
export function indentWrapped(text: string, options: { indent: number; width: number }): string {
  const margin = " ".repeat(options.indent);
  return margin + wrapWords(text, options.width - options.indent).replaceAll("\n", `\n${margin}`);
}
