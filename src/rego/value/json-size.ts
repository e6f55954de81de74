import { RegoError } from "../errors.ts";
import { assertDepth } from "./depth.ts";
import { reserve, spend } from "./meter.ts";

/** A JSON text has at most this many values and keys: each takes up to a hundred bytes of memory while it is read. */
export const maxJsonValues = 10_000_000;

/** Texts up to this length cannot hold enough to matter. */
const smallText = 256 * 1024;

/** Bytes of memory for each value, and for each character of the texts, while both `JSON.parse`'s objects and the values are there. */
const bytesPerValue = 40;

/**
 * Looks over JSON before it is parsed, as V8's parser cannot be interrupted and ends the process where memory runs out.
 * What is no JSON may be counted wrongly: the parser says so later.
 *
 * Throws `RegoError` (limit_depth; limit_output for too many values).
 */
export function assertJsonSize(text: string): void {
  if (text.length <= smallText) return;
  let depth = 0;
  let deepest = 0;
  let values = 1;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        at = endOfString(text, at);
        break;
      case 0x2c:
      case 0x3a:
        values += 1;
        break;
      case 0x5b:
      case 0x7b:
        values += 1;
        depth += 1;
        if (depth > deepest) deepest = depth;
        break;
      case 0x5d:
      case 0x7d:
        depth -= 1;
    }
  }
  assertDepth(deepest);
  if (values > maxJsonValues) {
    throw new RegoError("limit_output", `expected JSON with at most ${maxJsonValues} values, got ${values}`);
  }
  spend(values + (text.length >> 4));
  reserve(values * bytesPerValue + text.length * 2);
}

/** The quote that ends a string, or the text's end. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  for (; end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}
