import {
  formatNumber,
  formatValue,
  isIntegerNumber,
  quoteString,
  toBigInt,
  toDouble,
  type Value,
} from "../value/index.ts";
import { countCodePoints } from "./aggregates.ts";
import { assertResultSize } from "./builtin.ts";
import { formatFloat } from "./float-format.ts";
import { isNumber } from "./operands.ts";
import { toBytes } from "./text-bytes.ts";

/** An argument as Go's fmt sees it: OPA hands over numbers and texts, and any other value in Rego notation. */
type Argument =
  | { readonly type: "int" | "*big.Int"; readonly value: bigint }
  | { readonly type: "float64"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  /** Nothing at all, which only templates have. */
  | { readonly type: "<nil>" };

interface Directive {
  minus: boolean;
  plus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | undefined;
  precision: number | undefined;
}

const maxWidth = 1_000_000;

function toArgument(value: Value | undefined): Argument {
  if (value === undefined) return { type: "<nil>" };
  if (typeof value === "string") return { type: "string", value };
  if (!isNumber(value)) return { type: "string", value: formatValue(value) };
  const isWhole = isIntegerNumber(value) && !/[.eE]/.test(formatNumber(value));
  const integer = isWhole ? toBigInt(value) : undefined;
  if (integer === undefined) {
    const double = toDouble(value);
    return Number.isFinite(double)
      ? { type: "float64", value: double }
      : { type: "string", value: formatNumber(value) };
  }
  return { type: BigInt.asIntN(64, integer) === integer ? "int" : "*big.Int", value: integer };
}

/** Go's `fmt.Sprintf` for the arguments that OPA's `sprintf` has, and nil as undefined (pkg.go.dev/fmt). */
export function formatText(format: string, values: readonly (Value | undefined)[]): string {
  return new Printer(format, values.map(toArgument)).print();
}

class Printer {
  readonly #format: string;
  readonly #args: readonly Argument[];
  readonly #parts: string[] = [];
  #size = 0;
  #at = 0;
  #next = 0;
  #isReordered = false;
  #isIndexGood = true;

  constructor(format: string, args: readonly Argument[]) {
    this.#format = format;
    this.#args = args;
  }

  print(): string {
    for (;;) {
      const percent = this.#format.indexOf("%", this.#at);
      this.#write(this.#format.slice(this.#at, percent < 0 ? undefined : percent));
      if (percent < 0) break;
      this.#at = percent + 1;
      this.#printDirective();
    }
    if (!this.#isReordered && this.#next < this.#args.length) this.#write(this.#describeExtra());
    return this.#parts.join("");
  }

  #write(text: string): void {
    this.#size += text.length;
    assertResultSize(this.#size);
    this.#parts.push(text);
  }

  #describeExtra(): string {
    const extra = this.#args
      .slice(this.#next)
      .map((arg) => (arg.type === "<nil>" ? arg.type : `${arg.type}=${formatArgument(arg, "v", plainDirective)}`));
    return `%!(EXTRA ${extra.join(", ")})`;
  }

  #printDirective(): void {
    this.#isIndexGood = true;
    const directive = this.#readFlags();
    let isIndexed = this.#readIndex();
    isIndexed = this.#readWidth(directive, isIndexed);
    isIndexed = this.#readPrecision(directive, isIndexed);
    if (!isIndexed) this.#readIndex();
    const verb = String.fromCodePoint(this.#format.codePointAt(this.#at) ?? 0xfffd);
    if (this.#at >= this.#format.length) {
      this.#write("%!(NOVERB)");
      return;
    }
    this.#at += verb.length;
    if (verb === "%") this.#write("%");
    else if (!this.#isIndexGood) this.#write(`%!${verb}(BADINDEX)`);
    else this.#printVerb(verb, directive);
  }

  #printVerb(verb: string, directive: Directive): void {
    const arg = this.#args[this.#next];
    if (arg === undefined) {
      this.#write(`%!${verb}(MISSING)`);
      return;
    }
    this.#next += 1;
    this.#write(formatArgument(arg, verb, directive));
  }

  #readFlags(): Directive {
    const directive: Directive = { ...plainDirective };
    for (; this.#at < this.#format.length; this.#at += 1) {
      const flag = this.#format[this.#at];
      if (flag === "-") directive.minus = true;
      else if (flag === "+") directive.plus = true;
      else if (flag === "#") directive.sharp = true;
      else if (flag === " ") directive.space = true;
      else if (flag === "0") directive.zero = true;
      else break;
    }
    return directive;
  }

  /** Reads `[n]`: which argument comes next. */
  #readIndex(): boolean {
    if (this.#format[this.#at] !== "[") return false;
    this.#isReordered = true;
    const end = this.#format.indexOf("]", this.#at);
    const index = end < 0 ? Number.NaN : Number(this.#format.slice(this.#at + 1, end).replace(/^(?!\d+$).*$/, "NaN"));
    this.#at = end < 0 ? this.#at + 1 : end + 1;
    if (!(index >= 1 && index <= this.#args.length)) {
      this.#isIndexGood = false;
      return end >= 0;
    }
    this.#next = index - 1;
    return true;
  }

  #readStar(): number | undefined {
    this.#at += 1;
    const arg = this.#args[this.#next];
    if (arg !== undefined) this.#next += 1;
    if (arg?.type !== "int" || arg.value > BigInt(maxWidth) || arg.value < BigInt(-maxWidth)) return undefined;
    return Number(arg.value);
  }

  /** A number that is much too large swallows the rest of the format, as in Go. */
  #readDigits(): number | undefined {
    let number: number | undefined;
    for (; /^\d$/.test(this.#format[this.#at] ?? ""); this.#at += 1) {
      if ((number ?? 0) > maxWidth) {
        this.#at = this.#format.length;
        return undefined;
      }
      number = (number ?? 0) * 10 + Number(this.#format[this.#at]);
    }
    return number;
  }

  #readWidth(directive: Directive, isIndexed: boolean): boolean {
    if (this.#format[this.#at] === "*") {
      const width = this.#readStar();
      if (width === undefined) this.#write("%!(BADWIDTH)");
      else if (width < 0) {
        directive.minus = true;
        directive.zero = false;
        directive.width = -width;
      } else directive.width = width;
      return false;
    }
    directive.width = this.#readDigits();
    if (isIndexed && directive.width !== undefined) this.#isIndexGood = false;
    return isIndexed;
  }

  #readPrecision(directive: Directive, isIndexed: boolean): boolean {
    // A dot at the end is a verb.
    if (this.#format[this.#at] !== "." || this.#at + 1 === this.#format.length) return isIndexed;
    this.#at += 1;
    if (isIndexed) this.#isIndexGood = false;
    const isReindexed = this.#readIndex();
    if (this.#format[this.#at] === "*") {
      const precision = this.#readStar();
      if (precision === undefined) this.#write("%!(BADPREC)");
      else if (precision >= 0) directive.precision = precision;
      else this.#write("%!(BADPREC)");
      return false;
    }
    directive.precision = this.#readDigits() ?? 0;
    return isReindexed;
  }
}

const plainDirective: Readonly<Directive> = {
  minus: false,
  plus: false,
  sharp: false,
  space: false,
  zero: false,
  width: undefined,
  precision: undefined,
};

function formatArgument(arg: Argument, verb: string, directive: Readonly<Directive>): string {
  if (verb === "T") return pad(arg.type, directive);
  if (arg.type === "<nil>") return verb === "v" ? pad(arg.type, directive) : `%!${verb}(<nil>)`;
  const text =
    arg.type === "string"
      ? formatString(arg.value, verb, directive)
      : arg.type === "float64"
        ? formatDouble(arg.value, verb, directive)
        : formatInteger(arg.value, verb, directive, arg.type === "*big.Int");
  if (text !== undefined) return text;
  // This type formats itself: its name has no star, and where it does not know the verb there are no flags.
  if (arg.type === "*big.Int") return `%!${verb}(big.Int=${arg.value})`;
  const shownAs = arg.type === "float64" && directive.sharp ? "g" : "v";
  const shown = formatArgument(arg, shownAs, arg.type === "string" ? { ...directive, sharp: false } : directive);
  return `%!${verb}(${arg.type}=${shown})`;
}

function pad(text: string, { width, minus, zero }: Readonly<Directive>, isNumber = false): string {
  const missing = (width ?? 0) - countCodePoints(text);
  if (missing <= 0) return text;
  if (minus) return text + " ".repeat(missing);
  if (!zero) return " ".repeat(missing) + text;
  const sign = isNumber ? (/^[+ -]/.exec(text)?.[0] ?? "") : "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}

function formatString(text: string, verb: string, directive: Readonly<Directive>): string | undefined {
  const { precision } = directive;
  const isHex = verb === "x" || verb === "X";
  const shown = precision === undefined || isHex ? text : [...text].slice(0, precision).join("");
  switch (verb) {
    case "v":
      return directive.sharp ? pad(quoteString(shown), directive) : pad(shown, directive);
    case "s":
      return pad(shown, directive);
    case "q":
      if (directive.sharp && !/[`\p{Cc}\ufeff]/u.test(shown)) return pad(`\`${shown}\``, directive);
      return pad(directive.plus ? toAscii(quoteString(shown)) : quoteString(shown), directive);
    case "x":
    case "X":
      return pad(toHex(text, verb === "X", directive), directive);
    default:
      return undefined;
  }
}

function toAscii(text: string): string {
  return [...text]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      if (code < 0x80) return character;
      return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
    })
    .join("");
}

function toHex(text: string, isUpper: boolean, { precision, sharp, space }: Readonly<Directive>): string {
  const bytes = toBytes(text);
  const digits = bytes.subarray(0, precision ?? bytes.length).toString("hex");
  const cased = isUpper ? digits.toUpperCase() : digits;
  const prefix = isUpper ? "0X" : "0x";
  if (!space) return sharp && cased !== "" ? prefix + cased : cased;
  return (cased.match(/../g) ?? []).map((pair) => (sharp ? prefix + pair : pair)).join(" ");
}

const bases: Readonly<Record<string, number>> = { d: 10, v: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

function formatInteger(
  value: bigint,
  verb: string,
  directive: Readonly<Directive>,
  isBig: boolean,
): string | undefined {
  if (!isBig && (verb === "c" || verb === "q" || verb === "U")) return formatRune(value, verb, directive);
  const base = isBig && verb === "s" ? 10 : bases[verb];
  if (base === undefined) return undefined;
  const magnitude = (value < 0n ? -value : value).toString(base);
  const sign = value < 0n ? "-" : directive.plus ? "+" : directive.space ? " " : "";
  let digits = verb === "X" ? magnitude.toUpperCase() : magnitude;
  const { precision, width, zero, minus } = directive;
  if (precision !== undefined) digits = precision === 0 && value === 0n ? "" : digits.padStart(precision, "0");
  else if (zero && !minus && width !== undefined) digits = digits.padStart(width - sign.length, "0");
  if (directive.sharp) digits = addPrefix(digits, verb);
  if (verb === "O") digits = `0o${digits}`;
  return pad(sign + digits, { ...directive, zero: false });
}

function addPrefix(digits: string, verb: string): string {
  switch (verb) {
    case "b":
      return `0b${digits}`;
    case "o":
      return digits.startsWith("0") ? digits : `0${digits}`;
    case "x":
      return `0x${digits}`;
    case "X":
      return `0X${digits}`;
    default:
      return digits;
  }
}

function formatRune(value: bigint, verb: string, directive: Readonly<Directive>): string {
  const isValid = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  const character = isValid ? String.fromCodePoint(Number(value)) : "\ufffd";
  if (verb === "c") return pad(character, directive);
  if (verb === "U") {
    const digits = (value < 0n ? BigInt.asUintN(64, value) : value).toString(16).toUpperCase();
    const code = `U+${digits.padStart(Math.max(directive.precision ?? 4, 4), "0")}`;
    return pad(directive.sharp ? `${code} '${character}'` : code, { ...directive, zero: false });
  }
  const quoted = quoteString(character).slice(1, -1).replace('\\"', '"').replace("'", "\\'");
  return pad(`'${directive.plus ? toAscii(quoted) : quoted}'`, directive);
}

function formatDouble(value: number, verb: string, directive: Readonly<Directive>): string | undefined {
  const text = formatFloat(value, verb, directive.precision, directive.sharp);
  if (text === undefined) return undefined;
  const signed = text.startsWith("-") ? text : directive.plus ? `+${text}` : directive.space ? ` ${text}` : text;
  return pad(signed, directive, true);
}
