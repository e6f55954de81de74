const special = /[&<>|`*_[\]\\~#$@!]/g;

/** Longest text taken over from outside, in characters. */
const maxTextLength = 2000;

/**
 * Text from outside, made harmless for GitHub's Markdown, also within a table: what has a meaning in Markdown or HTML
 * becomes a character reference, line ends become `<br>`, control characters go.
 */
export function escapeMarkdown(text: string): string {
  const cut = text.length > maxTextLength ? `${text.slice(0, maxTextLength).replace(/[\ud800-\udbff]$/, "")}...` : text;
  return cut
    .trim()
    .replace(special, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/\r\n?|\n|\u2028|\u2029/g, "<br>")
    .replaceAll("\t", " ")
    .replace(/\p{Cc}|\p{Bidi_Control}/gu, "");
}
