import { notPlain } from "./not-plain.ts";
import type { PlainLines } from "./plain-lines.ts";

const indicator = /^[-?:,[\]{}#&*!|>'"%@`=<]/;

/** Throws `NotPlain` where a text without quotes holds what can mean something in YAML. */
function assertText(text: string): void {
  if (text.includes(": ") || text.endsWith(":") || text.includes(" #")) throw notPlain;
}

/** As `assertText`, for the beginning of a text too. */
export function assertPlain(text: string): void {
  if (indicator.test(text) && !/^-[^\s]/.test(text)) throw notPlain;
  assertText(text);
}

/** The lines of a text without quotes that goes on below its first line, deeper than `indent`: folded. */
export function readContinued(first: string, lines: PlainLines, indent: number): string {
  let text = first;
  let blank = 0;
  for (let line = lines.line(); line !== undefined; line = lines.line()) {
    if (line.text === "") {
      blank += 1;
      lines.take();
      continue;
    }
    if (line.indent <= indent || line.text.startsWith("#")) break;
    assertText(line.text);
    text += (blank === 0 ? " " : "\n".repeat(blank)) + line.text;
    blank = 0;
    lines.take();
  }
  return text;
}

const blockHeader = /^([|>])([-+]?)$/;

export interface BlockHeader {
  isFolded: boolean;
  chomping: "" | "-" | "+";
}

/** `|`, `>`, with `-` or `+`. */
export function toBlockHeader(text: string): BlockHeader | undefined {
  const match = blockHeader.exec(text);
  if (match === null) return undefined;
  const sign = match[2];
  return { isFolded: match[1] === ">", chomping: sign === "-" || sign === "+" ? sign : "" };
}

/** The text below a block header: lines deeper than `indent`. */
export function readBlockText(header: BlockHeader, lines: PlainLines, indent: number): string {
  const parts = takeBlockLines(lines, indent);
  let length = parts.length;
  while (length > 0 && parts[length - 1] === "") length -= 1;
  const content = parts.slice(0, length);
  const text = header.isFolded ? fold(content) : content.join("\n");
  if (header.chomping === "-") return text;
  if (header.chomping === "+") throw notPlain;
  return text === "" ? "" : `${text}\n`;
}

/** The lines without their common indentation, which is that of the first. */
function takeBlockLines(lines: PlainLines, indent: number): string[] {
  const parts: string[] = [];
  let width = 0;
  for (let raw = lines.raw(); raw !== undefined; raw = lines.raw()) {
    const line = lines.line();
    if (line === undefined) break;
    if (line.text === "") {
      if (width === 0 ? raw !== "" : raw.length > width) throw notPlain;
      parts.push("");
    } else {
      if (width === 0 && line.indent > indent) width = line.indent;
      if (width === 0 || line.indent < width) {
        // What ends the text must be no comment: one that is not as deep is read in several ways.
        if (line.text.startsWith("#")) throw notPlain;
        break;
      }
      parts.push(raw.slice(width));
    }
    lines.take();
  }
  return parts;
}

/** Lines that are deeper than the first keep the line ends around them. */
function fold(parts: readonly string[]): string {
  let text = "";
  let blank = 0;
  let wasDeeper = false;
  for (const [index, part] of parts.entries()) {
    if (part === "") {
      blank += 1;
      continue;
    }
    const isDeeper = part.startsWith(" ");
    const isFirst = index === blank;
    const ends = blank + (!isFirst && (isDeeper || wasDeeper) ? 1 : 0);
    if (ends > 0) text += "\n".repeat(ends);
    else if (!isFirst) text += " ";
    text += part;
    blank = 0;
    wasDeeper = isDeeper;
  }
  return text;
}

/** The rest of a text in double quotes that ends in a later line, deeper than `indent`. */
export function readQuotedLines(first: string, lines: PlainLines, indent: number): string {
  let text = first.slice(1);
  let blank = 0;
  for (let line = lines.line(); line !== undefined; line = lines.line()) {
    lines.take();
    if (line.text === "") {
      blank += 1;
      continue;
    }
    const isLast = line.text.endsWith('"');
    const part = isLast ? line.text.slice(0, -1) : line.text;
    if (line.indent <= indent || part === "" || part.endsWith(" ") || /["\\]/.test(part)) break;
    text += (blank === 0 ? " " : "\n".repeat(blank)) + part;
    blank = 0;
    if (isLast) return text;
  }
  throw notPlain;
}
