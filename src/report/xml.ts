const escapes: Readonly<Record<string, string>> = {
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\t": "&#x9;",
  "\n": "&#xA;",
  "\r": "&#xD;",
};

/** Characters that XML 1.0 cannot hold, lone surrogates included. */
const impossible = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** One element with its attributes, in order, and its content, which is XML already. */
export function element(
  name: string,
  attributes: readonly (readonly [string, string | number])[],
  content: string,
): string {
  return `<${name}${attributes.map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`).join("")}>${content}</${name}>`;
}

/** Text for an attribute's value, as Go's encoder writes it. */
export function escapeXml(text: string): string {
  return text.replace(impossible, "\ufffd").replace(/["'&<>\t\n\r]/g, (character) => escapes[character] ?? character);
}

/** A CDATA section; nothing for the empty text. */
export function toCdata(text: string): string {
  const safe = text.replace(impossible, "\ufffd").replaceAll("]]>", "]]]]><![CDATA[>");
  return safe === "" ? "" : `<![CDATA[${safe}]]>`;
}
