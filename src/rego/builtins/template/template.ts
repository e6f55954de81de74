import {
  assertDepth,
  assertTextLength,
  compareStrings,
  compareValues,
  formatNumber,
  formatValue,
  isList,
  parseJson,
  RegoObject,
  spend,
  toDouble,
  toJsonText,
  typeName,
  type Value,
} from "../../value/index.ts";
import { lookUp } from "../aggregates.ts";
import { assertResultSize, type BuiltinTable, toFailure } from "../builtin.ts";
import { escapeQuery } from "../encodings.ts";
import { isNumber, isObject, isSet, objectOperand, stringOperand } from "../operands.ts";
import { formatText } from "../sprintf.ts";
import { fromBytes, toBytes } from "../text-bytes.ts";
import { type Operand, type Pipeline, parseTemplate, type Template, type TemplateNode } from "./parse.ts";

/** A value, or undefined for what is missing, which is printed as `<undefined>`. */
type Result = Value | undefined;

type Signal = "break" | "continue" | undefined;

const maxSteps = 1_000_000;

function isTrue(value: Result): boolean {
  if (value === undefined || value === null || value === false || value === "") return false;
  if (isNumber(value)) return toDouble(value) !== 0;
  if (isList(value)) return value.length > 0;
  return isObject(value) || isSet(value) ? value.size > 0 : true;
}

/** As Go prints data that was JSON. */
function print(value: Result): string {
  if (value === undefined || value === null) return "<no value>";
  if (typeof value === "string") return value;
  if (isNumber(value)) return formatNumber(value);
  if (isList(value)) return `[${printJoined(value, printInner)}]`;
  if (isSet(value)) return `[${printJoined(value.values(), printInner)}]`;
  if (!isObject(value)) return String(value);
  const printEntry = (key: Value): string =>
    `${typeof key === "string" ? key : toJsonText(key)}:${printInner(value.get(key) as Value)}`;
  return `map[${printJoined(value.keys(), printEntry)}]`;
}

function printJoined(items: readonly Value[], printItem: (item: Value) => string): string {
  let text = "";
  spend(1 + items.length);
  for (const [index, item] of items.entries()) {
    text += index === 0 ? printItem(item) : ` ${printItem(item)}`;
    assertTextLength(text.length);
  }
  return text;
}

function printInner(value: Value): string {
  return value === null ? "<nil>" : print(value);
}

const htmlEscapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
  "\0": "\ufffd",
};

/** Whether Go compares values for their order: numbers and texts, each with their kind. */
function order(a: Result, b: Result): number {
  const kinds = [a, b].map((value) => (value === undefined ? "null" : typeName(value)));
  if (kinds.some((kind) => kind !== "number" && kind !== "string")) throw toFailure("invalid type for comparison");
  if (kinds[0] !== kinds[1]) throw toFailure("incompatible types for comparison");
  return compareValues(a as Value, b as Value);
}

/** What is missing equals nothing but what is missing; lists and objects are not compared. */
function isEqual(a: Result, b: Result): boolean {
  for (const value of [a, b]) {
    if (value === undefined || value === null) continue;
    if (isList(value) || isObject(value)) throw toFailure("non-comparable type");
  }
  if ((a ?? null) === null || (b ?? null) === null) return (a ?? null) === (b ?? null);
  if (typeName(a as Value) !== typeName(b as Value)) throw toFailure("incompatible types for comparison");
  return compareValues(a as Value, b as Value) === 0;
}

function lengthOf(value: Result): number {
  if (typeof value === "string") return Buffer.byteLength(value, "utf8");
  if (isList(value)) return value.length;
  if (value !== undefined && (isObject(value) || isSet(value))) return value.size;
  throw toFailure("len of a value that has no length");
}

function indexInto(args: readonly Result[]): Result {
  const [value, ...keys] = args;
  let current = value;
  for (const key of keys) {
    if (current === undefined || current === null) throw toFailure("index of untyped nil");
    if (key === undefined || key === null) throw toFailure("value is nil; should be of type string");
    if (isList(current) && lookUp(current, key) === undefined) throw toFailure(`index out of range: ${print(key)}`);
    current = lookUp(current, key);
  }
  return current;
}

function sliceOf([value, from, to]: readonly Result[]): Result {
  const [start, end] = [Number(from ?? 0), to === undefined ? undefined : Number(to)];
  const length = typeof value === "string" ? toBytes(value).length : isList(value) ? value.length : 0;
  for (const bound of [start, end ?? 0]) {
    if (bound < 0 || bound > length) throw toFailure(`error calling slice: index out of range: ${bound}`);
  }
  if (end !== undefined && start > end) throw toFailure(`error calling slice: invalid slice index: ${start} > ${end}`);
  if (typeof value === "string") return fromBytes(toBytes(value).subarray(start, end));
  if (isList(value)) return value.slice(start, end);
  throw toFailure("slice of a value that cannot be sliced");
}

const printArgument = (value: Result): string => printInner(value ?? null);

/** Numbers and texts beside each other are separated in Go's Print only where neither is a text. */
function printAll(args: readonly Result[], printOne: (value: Result) => string = print): string {
  return args.reduce<string>((text, arg, index) => {
    const isSeparated = index > 0 && typeof arg !== "string" && typeof args[index - 1] !== "string";
    return `${text}${isSeparated ? " " : ""}${printOne(arg)}`;
  }, "");
}

const functions: Readonly<Record<string, (args: readonly Result[]) => Result>> = {
  and: (args) =>
    args[args.findIndex((arg) => !isTrue(arg))] ?? (args.every(isTrue) ? args[args.length - 1] : undefined),
  or: (args) => args.find(isTrue) ?? args[args.length - 1],
  not: ([value]) => !isTrue(value),
  len: ([value]) => lengthOf(value),
  index: indexInto,
  slice: sliceOf,
  print: (args) => printAll(args, printArgument),
  println: (args) => `${args.map(printArgument).join(" ")}\n`,
  printf: ([format, ...args]) =>
    formatText(
      String(format ?? ""),
      // Numbers that stand in the template are numbers; all other values are as Go prints them.
      args.map((arg) => {
        if (arg === undefined || arg === null) return undefined;
        return isNumber(arg) ? arg : printArgument(arg);
      }),
    ),
  html: (args) => printAll(args).replace(/[&<>"'\0]/g, (character) => htmlEscapes[character] ?? character),
  js: (args) =>
    printAll(args)
      .replace(/[\\'"]/g, "\\$&")
      .replace(/[<>&=\p{Cc}\p{Zl}\p{Zp}]/gu, toUnicodeEscape),
  urlquery: (args) => escapeQuery(printAll(args)),
  eq: ([first, ...others]) => {
    if (others.length === 0) throw toFailure("missing argument for comparison");
    return others.some((other) => isEqual(first, other));
  },
  ne: ([a, b]) => !isEqual(a, b),
  lt: ([a, b]) => order(a, b) < 0,
  le: ([a, b]) => order(a, b) <= 0,
  gt: ([a, b]) => order(a, b) > 0,
  ge: ([a, b]) => order(a, b) >= 0,
};

function toUnicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

class Renderer {
  readonly #template: Template;
  readonly #parts: string[] = [];
  #size = 0;
  #steps = 0;
  /** Names and values, innermost last. */
  readonly #variables: [name: string, value: Result][] = [];

  constructor(template: Template) {
    this.#template = template;
  }

  render(data: RegoObject): string {
    this.#variables.push(["$", data]);
    const signal = this.#walk(this.#template.nodes, data, 0);
    if (signal !== undefined) throw toFailure(`template: template:1: {{${signal}}} outside {{range}}`);
    return this.#parts.join("");
  }

  #write(text: string): void {
    this.#size += text.length;
    assertResultSize(this.#size);
    this.#parts.push(text);
  }

  #walk(nodes: readonly TemplateNode[], dot: Result, depth: number): Signal {
    if (depth > 200) throw toFailure("exceeded maximum template depth");
    const mark = this.#variables.length;
    for (const node of nodes) {
      this.#steps += 1;
      spend(8);
      if (this.#steps > maxSteps) assertResultSize(Number.MAX_SAFE_INTEGER);
      const signal = this.#visit(node, dot, depth + 1);
      if (signal !== undefined) {
        this.#variables.length = mark;
        return signal;
      }
    }
    this.#variables.length = mark;
    return undefined;
  }

  #visit(node: TemplateNode, dot: Result, depth: number): Signal {
    switch (node.kind) {
      case "text":
        this.#write(node.text);
        return undefined;
      case "pipeline": {
        const value = this.#evaluate(node.pipeline, dot);
        if (node.pipeline.variables.length === 0) this.#write(print(value));
        return undefined;
      }
      case "template":
        this.#include(node.name, node.pipeline === undefined ? undefined : this.#evaluate(node.pipeline, dot), depth);
        return undefined;
      case "break":
      case "continue":
        return node.kind;
      case "range":
        return this.#range(node, dot, depth);
      default:
        return this.#branch(node, dot, depth);
    }
  }

  #include(name: string, data: Result, depth: number): void {
    const nodes = this.#template.named.get(name);
    if (nodes === undefined) throw toFailure(`template ${JSON.stringify(name)} not defined`);
    const outer = this.#variables.splice(0);
    this.#variables.push(["$", data]);
    this.#walk(nodes, data, depth);
    this.#variables.splice(0, this.#variables.length, ...outer);
  }

  #branch(node: Extract<TemplateNode, { kind: "if" | "with" | "range" }>, dot: Result, depth: number): Signal {
    const mark = this.#variables.length;
    const value = this.#evaluate(node.pipeline, dot);
    const isTaken = isTrue(value);
    const inner = isTaken && node.kind === "with" ? value : dot;
    const signal = this.#walk(isTaken ? node.body : node.otherwise, inner, depth);
    this.#variables.length = mark;
    return signal;
  }

  #range(node: Extract<TemplateNode, { kind: "if" | "with" | "range" }>, dot: Result, depth: number): Signal {
    const mark = this.#variables.length;
    const { variables, commands } = node.pipeline;
    const value = this.#evaluate({ variables: [], declares: false, commands }, dot);
    const pairs = toPairs(value);
    for (const [key, item] of pairs) {
      if (variables.length === 1) this.#variables.push([variables[0] ?? "", item]);
      if (variables.length === 2) this.#variables.push([variables[0] ?? "", key], [variables[1] ?? "", item]);
      const signal = this.#walk(node.body, item, depth);
      this.#variables.length = mark;
      if (signal === "break") return undefined;
    }
    return pairs.length === 0 ? this.#walk(node.otherwise, dot, depth) : undefined;
  }

  #evaluate({ variables, declares, commands }: Pipeline, dot: Result): Result {
    let value: Result;
    for (const [index, command] of commands.entries()) {
      value = this.#run(command, dot, index > 0 ? [value] : []);
    }
    for (const name of variables) this.#assign(name, value, declares);
    return value;
  }

  #assign(name: string, value: Result, declares: boolean): void {
    if (declares) {
      this.#variables.push([name, value]);
      return;
    }
    const variable = this.#variables.findLast(([known]) => known === name);
    if (variable === undefined) throw toFailure(`template: template: undefined variable ${JSON.stringify(name)}`);
    variable[1] = value;
  }

  #run(command: readonly Operand[], dot: Result, piped: readonly Result[]): Result {
    const [first, ...rest] = command;
    if (first === undefined) return undefined;
    const args = rest.map((operand) => this.#operand(operand, dot));
    if (first.kind === "nil") throw toFailure("nil is not a command");
    if (first.kind !== "function") {
      if (args.length + piped.length > 0) throw toFailure("can't give argument to non-function");
      return this.#operand(first, dot);
    }
    const call = Object.hasOwn(functions, first.name) ? functions[first.name] : undefined;
    if (call === undefined) throw toFailure(`template: template:1: function ${JSON.stringify(first.name)} not defined`);
    return call([...args, ...piped]);
  }

  #operand(operand: Operand, dot: Result): Result {
    switch (operand.kind) {
      case "value":
        return operand.value;
      case "nil":
        return null;
      case "function":
        return this.#run([operand], dot, []);
      case "group":
        return follow(this.#evaluate(operand.pipeline, dot), operand.path);
      default:
        return follow(operand.variable === undefined ? dot : this.#variable(operand.variable), operand.path);
    }
  }

  #variable(name: string): Result {
    const variable = this.#variables.findLast(([known]) => known === name);
    if (variable === undefined) throw toFailure(`template: template:1: undefined variable ${JSON.stringify(name)}`);
    return variable[1];
  }
}

function follow(value: Result, path: readonly string[]): Result {
  let current = value;
  for (const name of path) {
    // What is missing has missing fields, but null has none.
    if (current === undefined) return undefined;
    if (current === null) throw toFailure(`nil pointer evaluating interface {}.${name}`);
    if (!isObject(current)) throw toFailure(`can't evaluate field ${name} in type interface {}`);
    current = current.get(name);
  }
  return current;
}

function toPairs(value: Result): readonly (readonly [Value, Value])[] {
  if (value === undefined || value === null) return [];
  if (isList(value)) return value.map((item, index) => [index, item] as const);
  if (isSet(value)) return value.values().map((item, index) => [index, item] as const);
  if (isObject(value)) return [...value.entries()].sort((a, b) => compareStrings(String(a[0]), String(b[0])));
  if (typeof value === "number" && Number.isInteger(value)) {
    assertResultSize(value);
    return Array.from({ length: Math.max(value, 0) }, (_, index) => [index, index] as const);
  }
  throw toFailure(`range can't iterate over ${print(value)}`);
}

/** Numbers of the data are texts to a template, as they are to Go where JSON is read without rounding. */
function toData(value: Value, depth: number): Value {
  assertDepth(depth);
  spend(2);
  if (isNumber(value)) return formatNumber(value);
  if (isList(value)) return value.map((item) => toData(item, depth + 1));
  if (isSet(value)) throw new NoJson();
  return isObject(value) ? toDataObject(value, depth) : value;
}

function toDataObject(object: RegoObject, depth: number): RegoObject {
  return RegoObject.from(
    object.entries().map(([key, item]) => {
      if (typeof key !== "string") throw new NoJson();
      return [key, toData(item, depth + 1)] as const;
    }),
  );
}

/** Sets and keys that are no texts, which the data may not have. */
class NoJson extends Error {}

/** OPA reads the value as it is written in Rego; a set in it is no JSON. */
function readData(object: RegoObject): RegoObject {
  try {
    return toDataObject(object, 0);
  } catch (thrown) {
    if (!(thrown instanceof NoJson)) throw thrown;
    parseJson(formatValue(object));
    throw toFailure("expected an object without sets, whose keys are texts");
  }
}

function render(args: readonly Value[]): Value {
  const source = stringOperand(args, 1);
  const data = objectOperand(args, 2);
  return new Renderer(parseTemplate(source)).render(readData(data)).replaceAll("<no value>", "<undefined>");
}

export const template: BuiltinTable = { "strings.render_template": render };
