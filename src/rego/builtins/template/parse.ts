import { numberFromBigInt, numberFromText, quoteString, type Value } from "../../value/index.ts";
import { toFailure } from "../builtin.ts";

/** An operand of a template's command (pkg.go.dev/text/template). */
export type Operand =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "nil" }
  /** `.a.b`, `$x.a`: where it begins, and the fields behind it. */
  | { readonly kind: "field"; readonly variable: string | undefined; readonly path: readonly string[] }
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "group"; readonly pipeline: Pipeline; readonly path: readonly string[] };

export interface Pipeline {
  readonly variables: readonly string[];
  readonly declares: boolean;
  /** Each command's result is the last argument of the next one. */
  readonly commands: readonly (readonly Operand[])[];
}

export type TemplateNode =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "pipeline"; readonly pipeline: Pipeline }
  | {
      readonly kind: "if" | "with" | "range";
      readonly pipeline: Pipeline;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    }
  | { readonly kind: "template"; readonly name: string; readonly pipeline: Pipeline | undefined }
  | { readonly kind: "break" | "continue" };

export interface Template {
  readonly nodes: readonly TemplateNode[];
  readonly named: ReadonlyMap<string, readonly TemplateNode[]>;
}

type Chunk = { readonly text: string } | { readonly action: string; readonly line: number };

/** Cuts a template at its actions; `{{-` and `-}}` take the white space before and behind away. */
function split(source: string): Chunk[] {
  const chunks: Chunk[] = [];
  let at = 0;
  let trims = false;
  let line = 1;
  for (;;) {
    const open = source.indexOf("{{", at);
    let text = source.slice(at, open < 0 ? undefined : open);
    if (trims) text = text.replace(/^[ \t\r\n]+/, "");
    if (open < 0) {
      chunks.push({ text });
      return chunks;
    }
    line += source.slice(at, open).split("\n").length - 1;
    const trimsBefore = /^-[ \t\r\n]/.test(source.slice(open + 2, open + 4));
    if (trimsBefore) text = text.replace(/[ \t\r\n]+$/, "");
    chunks.push({ text });
    const from = open + (trimsBefore ? 3 : 2);
    const end = findEnd(source, from);
    if (end < 0) throw toProblem(line, "unclosed action");
    trims = /[ \t\r\n]-$/.test(source.slice(Math.max(from, end - 2), end));
    chunks.push({ action: source.slice(from, trims ? end - 1 : end).trim(), line });
    line += source.slice(open, end).split("\n").length - 1;
    at = end + 2;
  }
}

/** Where `}}` stands outside of texts and comments. */
function findEnd(source: string, from: number): number {
  const part = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)*'|\/\*[\s\S]*?\*\/|\}\}/g;
  part.lastIndex = from;
  for (let match = part.exec(source); match !== null; match = part.exec(source)) {
    if (match[0] === "}}") return match.index;
  }
  return -1;
}

function toProblem(line: number, problem: string): Error {
  return toFailure(`template: template:${line}: ${problem}`);
}

const token =
  /\s*(?:("(?:[^"\\]|\\.)*")|(`[^`]*`)|('(?:[^'\\]|\\.)+')|([+-]?(?:\d[\w.]*))|(\$[\w]*(?:\.[\p{L}_][\p{L}\p{Nd}_]*)*)|((?:\.[\p{L}_][\p{L}\p{Nd}_]*)+|\.)|([\p{L}_][\p{L}\p{Nd}_]*)|(:=|=|\||,|\(|\)))/uy;

const keywords = new Set(["if", "with", "range", "end", "else", "define", "block", "template", "break", "continue"]);

function tokenize(action: string, line: number): string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < action.length) {
    const from = token.lastIndex;
    const match = token.exec(action);
    if (match === null) {
      if (action.slice(from).trim() === "") break;
      throw toProblem(line, `unexpected ${quoteString(action.slice(from).trim().slice(0, 10))} in operand`);
    }
    tokens.push(match[0].trim());
  }
  return tokens;
}

const maxNesting = 200;

/** Parses a template. Throws `BuiltinError` with the line. */
export function parseTemplate(source: string): Template {
  return new Parser(split(source)).parse();
}

class Parser {
  readonly #chunks: readonly Chunk[];
  readonly #named = new Map<string, readonly TemplateNode[]>();
  #at = 0;

  constructor(chunks: readonly Chunk[]) {
    this.#chunks = chunks;
  }

  parse(): Template {
    const { nodes, end } = this.#readNodes(0);
    if (end !== undefined) throw toProblem(end.line, `unexpected {{${end.word}}}`);
    return { nodes, named: this.#named };
  }

  /** Reads until the end, or until an `else` or `end`, which is returned with what follows it. */
  #readNodes(nesting: number): { nodes: TemplateNode[]; end?: { word: string; tokens: string[]; line: number } } {
    if (nesting > maxNesting) throw toFailure(`expected a template at most ${maxNesting} levels deep`);
    const nodes: TemplateNode[] = [];
    for (;;) {
      const chunk = this.#chunks[this.#at];
      if (chunk === undefined) return { nodes };
      this.#at += 1;
      if ("text" in chunk) {
        if (chunk.text !== "") nodes.push({ kind: "text", text: chunk.text });
        continue;
      }
      if (/^\/\*[\s\S]*\*\/$/.test(chunk.action)) continue;
      const tokens = tokenize(chunk.action, chunk.line);
      const [word = "", ...rest] = tokens;
      if (word === "end" || word === "else") return { nodes, end: { word, tokens: rest, line: chunk.line } };
      const node = this.#readAction(word, rest, tokens, chunk.line, nesting);
      if (node !== undefined) nodes.push(node);
    }
  }

  #readAction(word: string, rest: string[], tokens: string[], line: number, nesting: number): TemplateNode | undefined {
    switch (word) {
      case "if":
      case "with":
      case "range":
        return this.#readBranch(word, rest, line, nesting);
      case "define":
        this.#readNamed(rest, line, nesting);
        return undefined;
      case "block": {
        const name = this.#readNamed(rest, line, nesting);
        return { kind: "template", name, pipeline: parsePipeline(rest.slice(1), line) };
      }
      case "template":
        return {
          kind: "template",
          name: readText(rest[0] ?? "", line),
          pipeline: rest.length > 1 ? parsePipeline(rest.slice(1), line) : undefined,
        };
      case "break":
      case "continue":
        return { kind: word };
      default:
        return { kind: "pipeline", pipeline: parsePipeline(tokens, line) };
    }
  }

  #readNamed(tokens: readonly string[], line: number, nesting: number): string {
    const name = readText(tokens[0] ?? "", line);
    const { nodes, end } = this.#readNodes(nesting + 1);
    if (end?.word !== "end") throw toProblem(line, "unexpected EOF");
    this.#named.set(name, nodes);
    return name;
  }

  #readBranch(kind: "if" | "with" | "range", tokens: readonly string[], line: number, nesting: number): TemplateNode {
    const pipeline = parsePipeline(tokens, line);
    const { nodes: body, end } = this.#readNodes(nesting + 1);
    if (end === undefined) throw toProblem(line, "unexpected EOF");
    if (end.word === "end") return { kind, pipeline, body, otherwise: [] };
    const [next, ...rest] = end.tokens;
    if ((next === "if" || next === "with") && kind !== "range") {
      return { kind, pipeline, body, otherwise: [this.#readBranch(next, rest, end.line, nesting + 1)] };
    }
    const { nodes: otherwise, end: last } = this.#readNodes(nesting + 1);
    if (last?.word !== "end") throw toProblem(end.line, "expected end; found {{else}}");
    return { kind, pipeline, body, otherwise };
  }
}

function readText(text: string, line: number): string {
  if (text.startsWith("`")) return text.slice(1, -1);
  if (!text.startsWith('"')) throw toProblem(line, `unexpected ${text} in template clause`);
  return unquote(text, line);
}

function unquote(text: string, line: number): string {
  try {
    const json = text
      .replace(/\\x([0-9a-fA-F]{2})/g, "\\u00$1")
      .replace(/\\a/g, "\\u0007")
      .replace(/\\v/g, "\\u000b");
    return JSON.parse(json) as string;
  } catch {
    throw toProblem(line, "invalid syntax");
  }
}

function parsePipeline(tokens: readonly string[], line: number): Pipeline {
  const reader = new PipelineReader(tokens, line);
  const pipeline = reader.read();
  if (!reader.isAtEnd) throw toProblem(line, `unexpected ${quoteString(reader.next)} in operand`);
  return pipeline;
}

/** A number as Go writes them: with a base, or with underscores between digits. */
function toNumber(text: string): Value {
  const plain = text.replaceAll("_", "");
  const [, sign, digits] = /^([+-]?)(0(?:[xX][\da-fA-F]{1,16}|[oO][0-7]{1,22}|[bB][01]{1,64}))$/.exec(plain) ?? [];
  if (digits !== undefined) return numberFromBigInt(sign === "-" ? -BigInt(digits) : BigInt(digits));
  return numberFromText(plain.replace(/^\+/, "").replace(/\.(?=$|[eE])/, ".0"));
}

class PipelineReader {
  readonly #tokens: readonly string[];
  readonly #line: number;
  #at = 0;

  constructor(tokens: readonly string[], line: number) {
    this.#tokens = tokens;
    this.#line = line;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  get next(): string {
    return this.#tokens[this.#at] ?? "";
  }

  read(): Pipeline {
    const { variables, declares } = this.#readVariables();
    const commands: Operand[][] = [];
    let command: Operand[] = [];
    for (; !this.isAtEnd && this.next !== ")"; ) {
      if (this.next === "|") {
        this.#at += 1;
        commands.push(command);
        command = [];
      } else command.push(this.#readOperand());
    }
    commands.push(command);
    if (commands.some((operands) => operands.length === 0)) throw toProblem(this.#line, "missing value for command");
    return { variables, declares, commands };
  }

  #readVariables(): { variables: string[]; declares: boolean } {
    const operator = this.#tokens.findIndex((text) => text === ":=" || text === "=");
    const names = operator < 0 ? [] : this.#tokens.slice(this.#at, operator).filter((text) => text !== ",");
    if (operator < 0 || !names.every((name) => /^\$\w+$/.test(name)) || names.length === 0 || names.length > 2) {
      return { variables: [], declares: false };
    }
    this.#at = operator + 1;
    return { variables: names, declares: this.#tokens[operator] === ":=" };
  }

  #readOperand(): Operand {
    const text = this.next;
    this.#at += 1;
    if (text === "(") return this.#readGroup();
    if (text.startsWith('"')) return { kind: "value", value: unquote(text, this.#line) };
    if (text.startsWith("`")) return { kind: "value", value: text.slice(1, -1) };
    if (text.startsWith("'") && !/^'(?:\\.[0-9a-fA-F]*|[^\\])'$/su.test(text)) {
      throw toFailure(`template: template:1: malformed character constant: ${text}`);
    }
    if (text.startsWith("'")) return { kind: "value", value: text.slice(1, -1).codePointAt(0) ?? 0 };
    if (/^[+-]?\d/.test(text)) return { kind: "value", value: toNumber(text) };
    if (text.startsWith("$")) {
      const [variable = "$", ...path] = text.split(".");
      return { kind: "field", variable, path };
    }
    if (text.startsWith("."))
      return { kind: "field", variable: undefined, path: text.split(".").filter((name) => name !== "") };
    if (text === "true" || text === "false") return { kind: "value", value: text === "true" };
    if (text === "nil") return { kind: "nil" };
    if (keywords.has(text) || !/^[\p{L}_]/u.test(text)) {
      throw toProblem(this.#line, `unexpected ${quoteString(text)} in operand`);
    }
    return { kind: "function", name: text };
  }

  #readGroup(): Operand {
    // The rest of the tokens belongs to the group up to its parenthesis.
    const inner = new PipelineReader(this.#tokens.slice(this.#at), this.#line);
    const pipeline = inner.read();
    if (inner.next !== ")") throw toProblem(this.#line, "unclosed left paren");
    this.#at += inner.#at + 1;
    const isPath = this.next.startsWith(".") && this.next !== ".";
    const path = isPath ? this.next.split(".").filter((name) => name !== "") : [];
    if (isPath) this.#at += 1;
    return { kind: "group", pipeline, path };
  }
}
