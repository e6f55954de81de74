import { reserve, spend } from "../value/index.ts";

/** Below these sizes V8's own search is quick whatever the texts are. */
const quickSearch = 8;
const quickProduct = 1 << 22;

/** Characters between two payments. */
const chunkSize = 1 << 14;

function isQuick(length: number, search: string): boolean {
  return search.length <= quickSearch || length * search.length <= quickProduct;
}

/** Where a text is found at `from` or later, or -1, in time linear in both lengths. */
export function findText(text: string, search: string, from = 0): number {
  if (isQuick(text.length - from, search)) {
    const at = text.indexOf(search, from);
    if (text.length > chunkSize) spend(1 + (((at < 0 ? text.length : at) - from) >> 6));
    return at;
  }
  for (const at of placesOf(text, search, { from })) return at;
  return -1;
}

/**
 * All places of a text that is not empty, from left to right, in time linear in both lengths: V8's own search takes
 * their product for texts made to be slow (`baaaa` in `aaaaaaaa`), and cannot be interrupted.
 */
export function placesOf(
  text: string,
  search: string,
  options: { from?: number; overlapping?: boolean } = {},
): Iterable<number> {
  const { from = 0, overlapping = false } = options;
  const rest = text.length - from;
  if (search.length > rest) return [];
  return isQuick(rest, search)
    ? findDirectly(text, search, from, overlapping)
    : findByBorders(text, search, from, overlapping);
}

function* findDirectly(text: string, search: string, from: number, overlapping: boolean): Generator<number> {
  for (let start = from; ; ) {
    const at = text.indexOf(search, start);
    spend(1 + (((at < 0 ? text.length : at) - start) >> 6));
    if (at < 0) return;
    yield at;
    start = overlapping ? at + 1 : at + search.length;
  }
}

/** Knuth, Morris and Pratt's search. */
function* findByBorders(text: string, search: string, from: number, overlapping: boolean): Generator<number> {
  const borders = toBorders(search);
  let matched = 0;
  for (let at = from; at < text.length; at += 1) {
    if (at % chunkSize === 0) spend(chunkSize >> 2);
    const unit = text.charCodeAt(at);
    while (matched > 0 && search.charCodeAt(matched) !== unit) matched = borders[matched - 1] ?? 0;
    if (search.charCodeAt(matched) === unit) matched += 1;
    if (matched < search.length) continue;
    yield at + 1 - matched;
    matched = overlapping ? (borders[matched - 1] ?? 0) : 0;
  }
}

let lastBorders: { search: string; borders: Int32Array } | undefined;

/** For each beginning of the text, the length of its longest beginning that is its end too. */
function toBorders(search: string): Int32Array {
  if (lastBorders?.search === search) return lastBorders.borders;
  reserve(search.length * 4);
  const borders = new Int32Array(search.length);
  let matched = 0;
  for (let at = 1; at < search.length; at += 1) {
    if (at % chunkSize === 0) spend(chunkSize >> 2);
    const unit = search.charCodeAt(at);
    while (matched > 0 && search.charCodeAt(matched) !== unit) matched = borders[matched - 1] ?? 0;
    if (search.charCodeAt(matched) === unit) matched += 1;
    borders[at] = matched;
  }
  // Whoever looks for all places asks for the same text again and again.
  lastBorders = search.length > 1 << 20 ? undefined : { search, borders };
  return borders;
}

/** A text in pieces of some thousand code units that split no pair of surrogates, each of them paid for. */
export function* piecesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + chunkSize, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end += 1;
    spend((end - at) >> 1);
    yield text.slice(at, end);
    at = end;
  }
}

/** The unit at which so many code points behind `from` begin, at most the text's length. */
export function skipCodePoints(text: string, from: number, count: number): number {
  let at = from;
  for (let left = count; left > 0 && at < text.length; left -= 1) {
    if (left % chunkSize === 0) spend(chunkSize >> 3);
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return at;
}
