import type { InputProblem } from "./errors.ts";
import { type Flag, standsAlone } from "./flags.ts";
import { findNearest } from "./nearest.ts";

/** What was given, before it is understood. */
export interface ParsedFlags {
  /** Texts by flag name, in the order given. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
  readonly problems: readonly InputProblem[];
  readonly helpWanted: boolean;
}

/** Longest echo of what a user wrote. */
const maxEchoLength = 80;

/** What a user wrote, quoted and cut, for a message. */
export function quote(text: string): string {
  const cut = text.length > maxEchoLength ? `${text.slice(0, maxEchoLength)}...` : text;
  return JSON.stringify(cut);
}

/** Parses arguments against a table of flags: `--flag=value`, `--flag value`, `-f value`, `-fvalue`, `--`. */
export function parseFlags(argv: readonly string[], flags: readonly Flag[]): ParsedFlags {
  const walk = new ArgumentWalk(argv, flags);
  walk.run();
  return walk;
}

class ArgumentWalk implements ParsedFlags {
  readonly values = new Map<string, string[]>();
  readonly positionals: string[] = [];
  readonly problems: InputProblem[] = [];
  helpWanted = false;
  readonly #argv: readonly string[];
  readonly #byName: ReadonlyMap<string, Flag>;
  readonly #byShort: ReadonlyMap<string, Flag>;
  #at = 0;

  constructor(argv: readonly string[], flags: readonly Flag[]) {
    this.#argv = argv;
    this.#byName = new Map(flags.map((flag) => [flag.name, flag]));
    this.#byShort = new Map(flags.flatMap((flag) => (flag.short === undefined ? [] : [[flag.short, flag]])));
  }

  run(): void {
    for (; this.#at < this.#argv.length; this.#at++) {
      const word = this.#argv[this.#at] ?? "";
      if (word === "--") {
        this.positionals.push(...this.#argv.slice(this.#at + 1));
        return;
      }
      if (word === "--help" || word === "-h") {
        this.helpWanted = true;
      } else if (word.startsWith("--")) {
        this.#readLong(word);
      } else if (word.startsWith("-") && word.length > 1) {
        this.#readShort(word);
      } else {
        this.positionals.push(word);
      }
    }
  }

  #readLong(word: string): void {
    const [, name = "", value] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
    const flag = this.#byName.get(name);
    if (flag === undefined) {
      this.#refuseUnknown(`--${name}`, name, value);
    } else {
      this.#take(flag, value);
    }
  }

  /** `-k value`, `-k=value`, `-kvalue`, and several that stand alone in one word. */
  #readShort(word: string): void {
    for (let position = 1; position < word.length; position++) {
      const letter = word[position] ?? "";
      const flag = this.#byShort.get(letter);
      const rest = word.slice(position + 1);
      if (flag === undefined) {
        this.#refuseUnknown(`-${letter}`, word.slice(1), rest === "" ? undefined : rest);
        return;
      }
      if (rest.startsWith("=")) {
        this.#take(flag, rest.slice(1));
        return;
      }
      if (!standsAlone(flag)) {
        this.#take(flag, rest === "" ? undefined : rest);
        return;
      }
      this.#take(flag, undefined);
    }
  }

  #take(flag: Flag, given: string | undefined): void {
    const value = given ?? (standsAlone(flag) ? "true" : this.#nextWord());
    if (value === undefined) {
      this.problems.push({
        subject: `--${flag.name}`,
        message: `expected a value, got nothing; write --${flag.name}=${flag.value ?? "VALUE"}`,
      });
      return;
    }
    this.values.set(flag.name, [...(this.values.get(flag.name) ?? []), value]);
  }

  /** The next word, unless it is a flag of ours: a key's text begins with dashes too. */
  #nextWord(): string | undefined {
    const next = this.#argv[this.#at + 1];
    const name = /^--([^=]+)/.exec(next ?? "")?.[1];
    if (next === undefined || (name !== undefined && this.#byName.has(name))) {
      return undefined;
    }
    this.#at++;
    return next;
  }

  #refuseUnknown(subject: string, name: string, value: string | undefined): void {
    const nearest = findNearest(name, [...this.#byName.keys()]);
    const advice = nearest === undefined ? "--help lists the flags" : `did you mean --${nearest}?`;
    this.problems.push({ subject, message: `this flag is not known; ${advice}` });
    const next = this.#argv[this.#at + 1];
    if (value === undefined && next !== undefined && !next.startsWith("-")) {
      this.#at++;
    }
  }
}
