import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  Scalar,
  type ScalarTag,
  type Tags,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import { assertDepth, formatNumber, ObjectBuilder, reserve, spend, type Value } from "../../value/index.ts";
import { assertResultSize, toFailure } from "../builtin.ts";
import { isNumber, isObject } from "../operands.ts";
import { fromBytes } from "../text-bytes.ts";
import { resolvePlain } from "./scalars.ts";

const prefix = "tag:yaml.org,2002:";
const maxNodes = 1_000_000;
const maxTokens = 8 * maxNodes;

/**
 * The first document of a YAML text as JSON has it: keys are texts, timestamps stay texts, aliases are written out.
 *
 * Throws `BuiltinError` for what is no YAML or has no JSON, `RegoError` (limit_depth, limit_output) for what grows too large.
 */
export function parseYaml(source: string): Value {
  assertCharacters(source);
  // A line ends with U+0085, too (YAML 1.1, section 5.4).
  const text = source.replaceAll("\u0085", "\n");
  const lines = new LineCounter();
  // The failsafe schema leaves scalars as they are written: what they mean is decided here.
  const composer = new Composer({
    schema: "failsafe",
    customTags: meterScalars,
    uniqueKeys: false,
    logLevel: "silent",
    strict: true,
  });
  if (/^%(?!(?:YAML|TAG)\s)/.test(text)) throw toFailure("yaml: found unknown directive name");
  if (/^\.\.\.(?:\s|$)/.test(text)) throw toFailure("yaml: did not find expected node content");
  const [document] = takeFirst(composer.compose(readTokens(text, lines)));
  if (document === undefined) return null;
  if (document.directives?.yaml.explicit === true && document.directives.yaml.version !== "1.1") {
    throw toFailure("yaml: found incompatible YAML document");
  }
  if (document.warnings.some(({ code, message }) => code === "BAD_DIRECTIVE" && /^Unknown directive/.test(message))) {
    throw toFailure("yaml: found unknown directive name");
  }
  const end = endOfReading(document, text);
  const error = document.errors.find(
    ({ code, message, pos }) => !/^Unresolved alias/.test(message) && !(code === "UNEXPECTED_TOKEN" && pos[0] >= end),
  );
  if (error !== undefined) throw toSyntaxFailure(error, lines.linePos(error.pos[0]).line);
  return new Reader(document, text).read(document.contents, 0);
}

/** Characters that no YAML has (YAML 1.1, section 5.1). */
function assertCharacters(text: string): void {
  const wrong = /[^\t\n\r\x20-\x7e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(text);
  if (wrong === null) return;
  if (/[\udc80-\udcff]/.test(wrong[0])) throw toFailure("yaml: invalid UTF-8");
  throw toFailure("yaml: control characters are not allowed");
}

/** Of several documents only the first one counts. */
function takeFirst<T>(items: Iterable<T>): readonly T[] {
  for (const item of items) return [item];
  return [];
}

/** As much as reading a token of YAML costs, which the library makes many objects of. */
const unitsPerToken = 60;
const bytesPerToken = 500;

function* readTokens(text: string, lines: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let tokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    spend(unitsPerToken + (lexeme.length >> 3));
    tokens += 1;
    if (tokens % 10_000 === 0) reserve(10_000 * bytesPerToken);
    if (tokens > maxTokens) assertResultSize(Number.MAX_SAFE_INTEGER);
    yield* parser.next(lexeme);
  }
  yield* parser.end();
}

/** Texts pay when they are composed, too. */
function meterScalars(tags: Tags): Tags {
  return tags.map((tag) => {
    if (typeof tag === "string" || tag.tag !== `${prefix}str`) return tag;
    const metered: ScalarTag = {
      ...(tag as ScalarTag),
      resolve: (scalar) => {
        spend(unitsPerToken);
        return scalar;
      },
    };
    return metered;
  });
}

/** A token that can be read there: OPA's reader looks at no more of what is behind the document's node. */
const oneToken = /^(?! *[-?](?:\s|$))(?:[ \r\n]|#.*)*(?:'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[^\s"'@`%])/;

/** Where a document ends that is a text or in brackets: what comes behind it is not read by OPA. Infinity for others. */
function endOfReading({ contents, errors }: Document, text: string): number {
  if (errors.length === 0 || !(isScalar(contents) || (isCollection(contents) && contents.flow === true))) {
    return Number.POSITIVE_INFINITY;
  }
  const end = contents.range?.[1] ?? text.length;
  return oneToken.test(text.slice(end)) ? end : Number.POSITIVE_INFINITY;
}

/** Words the problem as OPA's reader does where it has the same one. */
function toSyntaxFailure(error: YAMLError, line: number): Error {
  const isOpenSequence = /flow sequence|sequence.*\]/i.test(error.message);
  const isOpenMap = /flow map|map.*\}/i.test(error.message);
  const reason = isOpenSequence
    ? "did not find expected ',' or ']'"
    : isOpenMap
      ? "did not find expected ',' or '}'"
      : error.message.split(" at line ")[0];
  return toFailure(`yaml: line ${line}: ${reason}`);
}

class Reader {
  readonly #document: Document;
  readonly #text: string;
  readonly #aliases = new Map<Alias, { value: Value; size: number }>();
  #count = 0;

  constructor(document: Document, text: string) {
    this.#document = document;
    this.#text = text;
  }

  read(node: unknown, depth: number): Value {
    assertDepth(depth);
    this.#add(1);
    if (node === null || node === undefined) return null;
    if (isAlias(node)) return this.#readAlias(node, depth);
    if (isScalar(node)) this.#assertClosed(node);
    if (isScalar(node)) return this.#isUnended(node) ? String(node.value).slice(0, -1) : readScalar(node);
    if (isSeq(node)) return node.items.map((item) => this.read(item, depth + 1));
    if (!isMap(node)) throw toFailure("yaml: expected a scalar, a sequence or a mapping");
    const builder = new ObjectBuilder();
    this.#readPairs(node, builder, depth);
    return builder.build();
  }

  /** Two quotes at the end of the text are one of the scalar: the library takes the second one for its end. */
  #assertClosed({ type, range }: Scalar): void {
    if (type !== Scalar.QUOTE_SINGLE || range?.[1] !== this.#text.length || !this.#text.endsWith("''")) return;
    if (!/^'(?:[^']|'')*'$/.test(this.#text.slice(range[0]))) throw toFailure("yaml: found unexpected end of stream");
  }

  /** A block scalar's last line has a line break only where the text has one behind it: the library always adds one. */
  #isUnended({ type, value, range }: Scalar): boolean {
    if (type !== Scalar.BLOCK_LITERAL && type !== Scalar.BLOCK_FOLDED) return false;
    if (typeof value !== "string" || !value.endsWith("\n") || (range?.[1] ?? 0) < this.#text.length) return false;
    const lastLine = this.#text.slice(this.#text.search(/[^\r\n]*$/));
    return /[^ \t]/.test(lastLine) || (lastLine !== "" && /(?:^|\n)[ \t]+\n$/.test(value));
  }

  /** An alias has the value of its anchor, and counts as much as if it were written out. */
  #readAlias(alias: Alias, depth: number): Value {
    const known = this.#aliases.get(alias);
    if (known !== undefined) {
      this.#add(known.size);
      return known.value;
    }
    const target = alias.resolve(this.#document);
    if (target === undefined) throw toFailure(`yaml: unknown anchor '${alias.source}' referenced`);
    const before = this.#count;
    const value = this.read(target, depth + 1);
    this.#aliases.set(alias, { value, size: this.#count - before });
    return value;
  }

  /** Aliases of aliases make large values out of short texts. */
  #add(size: number): void {
    this.#count += size;
    if (this.#count > maxNodes) assertResultSize(Number.MAX_SAFE_INTEGER);
  }

  #readPairs(map: YAMLMap, builder: ObjectBuilder, depth: number): void {
    for (const { key, value } of map.items) {
      if (isScalar(key) && key.type === Scalar.PLAIN && key.value === "<<") this.#merge(value, builder, depth + 1);
      else builder.set(toKey(this.read(key, depth + 1)), this.read(value, depth + 1));
    }
  }

  /** The pairs of a mapping, or of several, of which the first one wins. */
  #merge(value: unknown, builder: ObjectBuilder, depth: number): void {
    const merged = this.read(value, depth);
    const objects = Array.isArray(merged) ? [...(merged as Value[])].reverse() : [merged];
    for (const object of objects) {
      if (!isObject(object)) throw toFailure("yaml: map merge requires map or sequence of maps as the value");
      for (const [key, item] of object.entries()) builder.set(key, item);
    }
  }
}

function readScalar(node: Scalar): Value {
  if (node.tag === `${prefix}binary` && !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(node.source ?? "")) {
    throw toFailure("yaml: !!binary value contains invalid base64 data");
  }
  if (node.value instanceof Uint8Array) return fromBytes(node.value);
  const text = typeof node.value === "string" ? node.value : (node.source ?? "");
  const tag = node.tag?.startsWith(prefix) ? node.tag.slice(prefix.length) : undefined;
  if (tag === undefined && node.tag !== undefined) return text;
  if (tag === "str" || tag === "timestamp") return text;
  if (tag === "binary") return fromBytes(Buffer.from(text, "base64"));
  const isPlain = node.type === Scalar.PLAIN || node.type === undefined;
  if (!isPlain && tag === undefined) return text;
  const resolved = resolvePlain(text);
  if (tag === undefined || tag === "merge") return resolved.value;
  const kinds: Readonly<Record<string, readonly string[]>> = {
    null: ["null"],
    bool: ["boolean"],
    int: ["integer"],
    float: ["integer", "float"],
  };
  const wanted = kinds[tag];
  // What is no type of YAML's own is a text.
  if (wanted === undefined) return text;
  if (wanted.includes(resolved.kind)) return resolved.value;
  throw toFailure(`yaml: cannot decode \`${text}\` as a !!${tag}`);
}

function toKey(key: Value): string {
  if (typeof key === "string") return key;
  if (typeof key === "boolean") return String(key);
  if (isNumber(key)) return formatNumber(key);
  throw toFailure(`yaml: unsupported map key: ${key === null ? "null" : "expected a text, a number or a boolean"}`);
}
