import type { InputProblem } from "./errors.ts";
import { type ParsedFlags, quote } from "./flag-parser.ts";
import type { Flag } from "./flags.ts";
import { parseBoolean, parseCount, parseCsv, parseDecimal, parseDurationMs, parseSize } from "./values.ts";

/**
 * Typed access to what was given, with the table's fallbacks. What cannot be understood is noted as a problem and
 * stands as a harmless value, so that every problem is found in one go.
 */
export interface FlagReader {
  readonly problems: InputProblem[];
  /** Undefined where it is not given, or given as the empty text. */
  text(name: string): string | undefined;
  /** The empty text, which a variable that is not set leaves, stands for the fallback. */
  boolean(name: string): boolean;
  /** Whether it is given, as the empty text. */
  isEmpty(name: string): boolean;
  durationMs(name: string): number;
  size(name: string): number;
  count(name: string): number;
  decimal(name: string): number;
  list(name: string): readonly string[];
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice;
  refuse(subject: string, message: string): void;
}

const examples: Readonly<Record<string, string>> = {
  duration: "a duration such as 90s, 1m30s or 500ms",
  size: "a size such as 500MB, 2GiB or a number of bytes",
  count: "a whole number that is not negative",
  decimal: "a number that is not negative",
  boolean: "true or false",
};

/** Reads flags of the table `flags` out of what `parseFlags` returned. */
export function createFlagReader(parsed: ParsedFlags, flags: readonly Flag[]): FlagReader {
  const table = new Map(flags.map((flag) => [flag.name, flag]));
  const problems: InputProblem[] = [...parsed.problems];

  function refuse(subject: string, message: string): void {
    problems.push({ subject, message });
  }

  function lastText(name: string): string {
    return parsed.values.get(name)?.at(-1) ?? table.get(name)?.fallback ?? "";
  }

  function read<Value>(name: string, parse: (text: string) => Value | undefined, harmless: Value): Value {
    const text = lastText(name);
    const value = parse(text);
    if (value !== undefined) {
      return value;
    }
    const fallback = table.get(name)?.fallback;
    const expected = examples[table.get(name)?.kind ?? ""] ?? "another value";
    refuse(`--${name}`, `expected ${expected}, got ${quote(text)}; write for example --${name}=${fallback ?? "true"}`);
    return harmless;
  }

  refuseUnsupported(parsed, flags, refuse);
  return {
    problems,
    refuse,
    text: (name) => (lastText(name) === "" ? undefined : lastText(name)),
    boolean: (name) =>
      read(name, (text) => parseBoolean(text === "" ? (table.get(name)?.fallback ?? "false") : text), false),
    isEmpty: (name) => parsed.values.get(name)?.at(-1) === "",
    durationMs: (name) => read(name, parseDurationMs, 0),
    size: (name) => read(name, parseSize, 0),
    count: (name) => read(name, parseCount, 0),
    decimal: (name) => read(name, parseDecimal, 0),
    list: (name) => readList(name, parsed.values.get(name) ?? [], refuse),
    choice: (name, choices) => readChoice(name, lastText(name), choices, refuse),
  };
}

type Refuse = (subject: string, message: string) => void;

function readList(name: string, texts: readonly string[], refuse: Refuse): readonly string[] {
  return texts.flatMap((text) => {
    const entries = parseCsv(text);
    if (entries === undefined) {
      refuse(
        `--${name}`,
        `expected comma-separated entries, got ${quote(text)}, whose quotes do not match; ` +
          'put an entry that holds a comma or a quote in double quotes, and write a quote within them twice ("")',
      );
    }
    return entries ?? [];
  });
}

function readChoice<Choice extends string>(
  name: string,
  text: string,
  choices: readonly Choice[],
  refuse: Refuse,
): Choice {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) {
    refuse(`--${name}`, `expected one of ${choices.join(", ")}, got ${quote(text)}`);
  }
  return found ?? (choices[0] as Choice);
}

/** Flags of `ec` that are known and have no meaning here: an empty value, `none` and `false` mean that they are not used. */
function refuseUnsupported(parsed: ParsedFlags, flags: readonly Flag[], refuse: Refuse): void {
  for (const flag of flags) {
    const unsupported = flag.kind === "unsupported" || flag.kind === "unsupported-optional";
    const used =
      parsed.values.get(flag.name)?.some((text) => text !== "" && text !== "none" && parseBoolean(text) !== false) ??
      false;
    if (unsupported && used) {
      refuse(`--${flag.name}`, `this flag of ec is not supported yet; ${flag.instead ?? "leave it out"}`);
    }
  }
}
