import { toErrorMessage } from "../types/index.ts";
import { PolicyError } from "./errors.ts";

/** Index behind the string that begins at `start`. */
function skipString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") {
      slashes += 1;
    }
    if (slashes % 2 === 0) {
      return end + 1;
    }
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

const notBlank = /[^ \t\r\n]/g;
const blankOrQuote = /[ \t\r\n"]/g;

function nextMatch(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}

/**
 * JSON without the blanks between its tokens; keys keep their order, and numbers and strings their spelling.
 *
 * @throws {PolicyError} `evaluation-failed` where the text is no JSON
 */
export function compactJson(text: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new PolicyError(`expected JSON: ${toErrorMessage(error)}`, { code: "evaluation-failed", cause: error });
  }
  const parts: string[] = [];
  let at = nextMatch(notBlank, text, 0);
  while (at < text.length) {
    let end = nextMatch(blankOrQuote, text, at);
    while (text[end] === '"') {
      end = nextMatch(blankOrQuote, text, skipString(text, end));
    }
    parts.push(text.slice(at, end));
    at = nextMatch(notBlank, text, end);
  }
  return parts.join("");
}

const escapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** Escapes in JSON what Go's encoder escapes, so that equal inputs are equal texts. */
export function escapeHtmlInJson(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character);
}
