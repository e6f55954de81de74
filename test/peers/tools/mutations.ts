import type { Random } from "../rego/random.ts";

/** A piece of a module's text: tokens and what is between them. */
interface Token {
  kind: "space" | "comment" | "text" | "number" | "name" | "mark";
  text: string;
}

const forms: readonly (readonly [Token["kind"], RegExp])[] = [
  ["space", /\s+/y],
  ["comment", /#[^\n]*/y],
  ["text", /\$?"(?:[^"\\\n]|\\.)*"|\$?`[^`]*`/y],
  ["number", /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y],
  ["name", /[A-Za-z_]\w*/y],
  ["mark", /:=|==|!=|<=|>=|[^\s\w]/y],
];

/** Splits a module into tokens; their texts together are the module. */
export function toTokens(module: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < module.length; ) {
    const token = readToken(module, at);
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

function readToken(module: string, at: number): Token {
  for (const [kind, form] of forms) {
    form.lastIndex = at;
    const text = form.exec(module)?.[0];
    if (text !== undefined) return { kind, text };
  }
  return { kind: "mark", text: module.charAt(at) };
}

/** Names that authors know, and mistake for each other. */
const functionNames = [
  "count",
  "startswith",
  "sprintf",
  "object.get",
  "concat",
  "to_number",
  "lower",
  "sum",
  "walk",
  "nope",
];
const keywords = [
  "if",
  "contains",
  "some",
  "every",
  "not",
  "with",
  "as",
  "default",
  "else",
  "in",
  "import",
  "package",
  "null",
];
const marks = [
  "{",
  "}",
  "[",
  "]",
  "(",
  ")",
  ",",
  ".",
  ":",
  ":=",
  "=",
  "==",
  "!=",
  "<",
  "+",
  "-",
  "|",
  "&",
  ";",
  "\n",
  "_",
];
const values = [
  "1",
  "1.5",
  '"s"',
  "true",
  "null",
  "[1]",
  '["a", 2]',
  '{"a": 1}',
  "{1, 2}",
  "set()",
  "[]",
  "{}",
  '"é"',
  "`r`",
];
const documents = ["input", "input.a", "data", "data.lib", "data.nope", "data.lib.nope"];

type Mutation = (tokens: Token[], random: Random) => void;

/** Ways in which a module goes wrong, with their weights. */
const mutations: readonly (readonly [number, Mutation])[] = [
  // A token is left out, written twice, or exchanged for its neighbour or for another one.
  [3, (tokens, random) => void tokens.splice(pickSolid(tokens, random), 1)],
  [
    2,
    (tokens, random) => {
      const at = pickSolid(tokens, random);
      tokens.splice(at, 0, tokens[at] as Token, { kind: "space", text: " " });
    },
  ],
  [
    2,
    (tokens, random) => {
      const [left, right] = [pickSolid(tokens, random), pickSolid(tokens, random)];
      [tokens[left], tokens[right]] = [tokens[right] as Token, tokens[left] as Token];
    },
  ],
  [2, (tokens, random) => replace(tokens, pickSolid(tokens, random), random.pick(marks))],
  [1, (tokens, random) => replace(tokens, pickSolid(tokens, random), random.pick(keywords))],
  // A name is mistaken.
  [4, (tokens, random) => replace(tokens, pick(tokens, random, "name"), random.pick(tokens.filter(isName)).text)],
  [3, (tokens, random) => replace(tokens, pick(tokens, random, "name"), "other")],
  [2, (tokens, random) => replace(tokens, pick(tokens, random, "name"), random.pick(functionNames))],
  [2, (tokens, random) => replace(tokens, pick(tokens, random, "name"), random.pick(documents))],
  // A value is of another type.
  [4, (tokens, random) => replace(tokens, pick(tokens, random, "number"), random.pick(values))],
  [4, (tokens, random) => replace(tokens, pick(tokens, random, "text"), random.pick(values))],
  [4, (tokens, random) => replace(tokens, pick(tokens, random, "name"), random.pick(values))],
  // An argument, an operand or an item more or less.
  [5, (tokens, random) => insertBefore(tokens, random, [",", ")", "]", "}"], `, ${random.pick(values)}`)],
  [3, (tokens, random) => removeBetween(tokens, random, ["(", ",", "["], [",", ")", "]"])],
  [
    3,
    (tokens, random) =>
      insertBefore(tokens, random, [",", ")", "\n", "]"], random.pick([".x", "[0]", '["a"]', "[_]", "[i]"])),
  ],
  // A whole row is left out, written twice or exchanged for another.
  [3, (tokens, random) => moveRow(tokens, random, "remove")],
  [2, (tokens, random) => moveRow(tokens, random, "copy")],
  [2, (tokens, random) => moveRow(tokens, random, "move")],
];

/** A module with `count` mistakes in it. */
export function mutate(module: string, count: number, random: Random): string {
  const tokens = toTokens(module);
  for (let index = 0; index < count; index += 1) random.choose(mutations)(tokens, random);
  return tokens.map(({ text }) => text).join("");
}

function isName({ kind }: Token): boolean {
  return kind === "name";
}

function indexes(tokens: readonly Token[], isWanted: (token: Token) => boolean): number[] {
  return [...tokens.keys()].filter((index) => isWanted(tokens[index] as Token));
}

function pickSolid(tokens: readonly Token[], random: Random): number {
  return random.pick(indexes(tokens, ({ kind }) => kind !== "space" && kind !== "comment"));
}

function pick(tokens: readonly Token[], random: Random, kind: Token["kind"]): number {
  const found = indexes(tokens, (token) => token.kind === kind);
  return found.length === 0 ? pickSolid(tokens, random) : random.pick(found);
}

function replace(tokens: Token[], at: number, text: string): void {
  tokens[at] = toTokens(text)[0]?.text === text ? (toTokens(text)[0] as Token) : { kind: "mark", text };
}

function insertBefore(tokens: Token[], random: Random, before: readonly string[], text: string): void {
  const found = indexes(
    tokens,
    (token) => before.includes(token.text) || (before.includes("\n") && token.text.startsWith("\n")),
  );
  if (found.length > 0) tokens.splice(random.pick(found), 0, { kind: "mark", text });
}

function removeBetween(tokens: Token[], random: Random, from: readonly string[], to: readonly string[]): void {
  const found = indexes(tokens, ({ text }) => from.includes(text));
  if (found.length === 0) return;
  const start = random.pick(found);
  const length = tokens.slice(start + 1).findIndex(({ text }) => to.includes(text));
  if (length > 0)
    tokens.splice(tokens[start]?.text === "," ? start : start + 1, length + (tokens[start]?.text === "," ? 1 : 0));
}

function moveRow(tokens: Token[], random: Random, how: "remove" | "copy" | "move"): void {
  const rows = tokens
    .map(({ text }) => text)
    .join("")
    .split("\n");
  const full = [...rows.keys()].filter((index) => rows[index]?.trim() !== "");
  const from = random.pick(full);
  const row = rows[from] as string;
  if (how !== "copy") rows.splice(from, 1);
  if (how !== "remove") rows.splice(random.below(rows.length), 0, row);
  tokens.splice(0, tokens.length, ...toTokens(rows.join("\n")));
}
