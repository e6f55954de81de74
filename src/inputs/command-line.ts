import { type CommandEntry, commands } from "./commands.ts";
import type { Command, Environment } from "./configuration.ts";
import { chooseColor, defaultCacheDirectory } from "./environment.ts";
import { InputError } from "./errors.ts";
import { type ParsedFlags, parseFlags, quote } from "./flag-parser.ts";
import { createFlagReader, type FlagReader } from "./flag-reader.ts";
import { type Flag, standsAlone } from "./flags.ts";
import { deepFreeze } from "./freeze.ts";
import { renderHelp } from "./help.ts";
import { findNearest } from "./nearest.ts";
import { readRegistryServer } from "./registry-server.ts";
import { readRegoCheck, readRegoEval, readRegoTest } from "./rego-commands.ts";
import { readCacheSlice, readLogLevel, readValidateImage, readWorkers } from "./validate-image.ts";

/** Flags by name and by short name, of all commands: what may stand before the command's words. */
const everyFlag: ReadonlyMap<string, Flag> = new Map(
  commands
    .flatMap((entry) => entry.groups.flatMap((group) => group.flags))
    .flatMap((flag) => [
      [`--${flag.name}`, flag] as const,
      ...(flag.short === undefined ? [] : [[`-${flag.short}`, flag] as const]),
    ]),
);

/**
 * Turns arguments (without `node` and the script) and the environment into one frozen command.
 * Throws `InputError` with every problem at once.
 */
export function parseCommandLine(argv: readonly string[], env: Environment): Command {
  return deepFreeze(readCommand(argv, env));
}

function readCommand(argv: readonly string[], env: Environment): Command {
  const { words, rest } = takeCommandWords(argv);
  if (words[0] === "help") {
    return toHelp(rest.filter((word) => !word.startsWith("-")));
  }
  const entry = findCommand(words);
  if (entry === undefined) {
    return readWithoutCommand(words, rest);
  }
  const flags = entry.groups.flatMap((group) => group.flags);
  const parsed = parseFlags(rest, flags);
  if (parsed.helpWanted) {
    return { kind: "help", topic: entry.path.join(" "), text: renderHelp(entry) };
  }
  const reader = createFlagReader(parsed, flags);
  if (entry.positionals === undefined) {
    refusePositionals(reader, parsed, flags);
  }
  const command = buildCommand(entry, reader, env, parsed.positionals);
  if (reader.problems.length > 0) {
    throw new InputError(reader.problems);
  }
  return command;
}

function findCommand(words: readonly string[]): CommandEntry | undefined {
  return commands.find(({ path }) => path.join(" ") === words.join(" "));
}

function isCommandStart(words: readonly string[]): boolean {
  return commands.some(({ path }) => words.every((word, position) => path[position] === word));
}

/** Parts the words that name the command from everything else. Words that name none come back as they are. */
function takeCommandWords(argv: readonly string[]): { words: readonly string[]; rest: readonly string[] } {
  const positions: number[] = [];
  let words: readonly string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    const flag = everyFlag.get(word);
    if (flag !== undefined && !standsAlone(flag)) {
      at++;
    } else if (!word.startsWith("-") || word === "-") {
      positions.push(at);
      words = [...words, word];
      if (findCommand(words) !== undefined || !isCommandStart(words)) {
        break;
      }
    }
  }
  return { words, rest: argv.filter((_, position) => !positions.includes(position)) };
}

function toHelp(topic: readonly string[]): Command {
  const entry = findCommand(topic);
  if (topic.length > 0 && entry === undefined) {
    throw unknownCommand(topic);
  }
  return { kind: "help", ...(entry === undefined ? {} : { topic: topic.join(" ") }), text: renderHelp(entry) };
}

function readWithoutCommand(words: readonly string[], rest: readonly string[]): Command {
  if (words.length === 0 && rest.includes("--version")) {
    return { kind: "version" };
  }
  if (rest.includes("--help") || rest.includes("-h") || (words.length === 0 && rest.length === 0)) {
    return { kind: "help", text: renderHelp() };
  }
  throw unknownCommand(words);
}

function unknownCommand(words: readonly string[]): InputError {
  const names = commands.map(({ path }) => path.join(" "));
  const text = words.join(" ");
  const nearest = findNearest(text, names) ?? names.find((name) => words[0] !== undefined && name.startsWith(words[0]));
  const got = text === "" ? "none" : quote(text);
  const advice = nearest === undefined ? "" : `; did you mean ${quote(nearest)}?`;
  return new InputError([{ subject: "command", message: `expected one of ${names.join(", ")}, got ${got}${advice}` }]);
}

/** A stray word is mostly a boolean's value written with a blank: `--strict false`. */
function refusePositionals(reader: FlagReader, parsed: ParsedFlags, flags: readonly Flag[]): void {
  const given = flags.filter((flag) => flag.kind === "boolean" && parsed.values.has(flag.name)).map(({ name }) => name);
  const example = given.includes("strict") ? "strict" : (given.at(-1) ?? "strict");
  for (const word of parsed.positionals) {
    const advice = /^(?:true|false|t|f|0|1)$/i.test(word)
      ? `write the flag and its value as one word: --${example}=${word}`
      : "write every value as --flag=value";
    reader.refuse(quote(word), `this argument belongs to no flag; ${advice}`);
  }
}

function buildCommand(
  entry: CommandEntry,
  reader: FlagReader,
  env: Environment,
  positionals: readonly string[],
): Command {
  switch (entry.path[0]) {
    case "validate":
      return { kind: "validate-image", configuration: readValidateImage(reader, env) };
    case "demo":
      return {
        kind: "demo",
        configuration: {
          color: chooseColor(env, { color: reader.boolean("color"), noColor: reader.boolean("no-color") }),
          workers: readWorkers(reader),
          logLevel: readLogLevel(reader),
        },
      };
    case "test":
      return readRegoTest(reader, env, positionals);
    case "eval":
      return readRegoEval(reader, positionals);
    case "check":
      return readRegoCheck(reader, positionals);
    case "registry":
      return { kind: "registry", configuration: readRegistryServer(reader) };
    case "cache":
      return readCache(reader, env, entry.path[1]);
    case "task":
      return {
        kind: "task",
        configuration: { step: entry.path[1] === "assert" ? "assert" : "validate", logLevel: readLogLevel(reader) },
      };
    case "version":
      return { kind: "version" };
    default:
      throw new Error(`the command ${entry.path.join(" ")} is in the table and cannot be built`);
  }
}

function readCache(reader: FlagReader, env: Environment, word: string | undefined): Command {
  const { directory, maxBytes } = readCacheSlice(reader, env);
  const action = (["info", "prune", "verify"] as const).find((name) => name === word) ?? "info";
  if (directory === undefined) {
    const known = defaultCacheDirectory(env) === undefined ? "the environment names no home folder either" : "got none";
    reader.refuse("--cache-dir", `expected a folder, ${known}; write --cache-dir=PATH`);
  }
  return {
    kind: "cache",
    configuration: { action, directory: directory ?? "", maxBytes, logLevel: readLogLevel(reader) },
  };
}
