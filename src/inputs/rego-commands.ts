import { type Command, type Environment, profileKeys, queryFormats } from "./configuration.ts";
import { chooseColor } from "./environment.ts";
import { quote } from "./flag-parser.ts";
import type { FlagReader } from "./flag-reader.ts";
import { readLogLevel } from "./validate-image.ts";

/** What `sealcheck test` was asked for. */
export function readRegoTest(reader: FlagReader, env: Environment, paths: readonly string[]): Command {
  if (paths.length === 0) {
    reader.refuse(
      "PATH",
      "expected files or folders with Rego tests, got none; write for example: sealcheck test policy/",
    );
  }
  const run = reader.text("run");
  const threshold = reader.decimal("threshold");
  if (threshold > 100) reader.refuse("--threshold", `expected a percentage of at most 100, got ${threshold}`);
  const format = reader.choice("format", ["pretty", "json", "junit"]);
  return {
    kind: "test",
    configuration: {
      paths,
      verbose: reader.boolean("verbose"),
      ...(run === undefined ? {} : { run }),
      format,
      coverage: reader.boolean("coverage") || threshold > 0,
      threshold,
      timeoutMs: reader.durationMs("timeout"),
      ignore: reader.list("ignore"),
      exitZeroOnSkipped: reader.boolean("exit-zero-on-skipped"),
      failOnEmpty: reader.boolean("fail-on-empty"),
      color: chooseColor(env, { color: reader.boolean("color"), noColor: reader.boolean("no-color") }),
      logLevel: readLogLevel(reader),
    },
  };
}

/** What `sealcheck eval` was asked for. */
export function readRegoEval(reader: FlagReader, positionals: readonly string[]): Command {
  const [query = "", ...others] = positionals;
  if (query.trim() === "" || others.length > 0) {
    reader.refuse(
      "QUERY",
      `expected one query, got ${query.trim() === "" ? "none" : positionals.length}; write for example: sealcheck eval -d policy/ -i input.json 'data.main.deny'`,
    );
  }
  const input = reader.text("input");
  const stdinInput = reader.boolean("stdin-input");
  if (input !== undefined && stdinInput) {
    reader.refuse("--stdin-input", "--input is given too, and there is one input document; keep one of them");
  }
  const fail = { undefined: reader.boolean("fail"), defined: reader.boolean("fail-defined") };
  if (fail.undefined && fail.defined) {
    reader.refuse("--fail-defined", "with --fail too, every result would be a failure; keep one of them");
  }
  const packageName = reader.text("package");
  return {
    kind: "eval",
    configuration: {
      query,
      paths: reader.list("data"),
      ...(input === undefined ? {} : { input }),
      stdinInput,
      format: reader.choice("format", queryFormats),
      prettyLimit: reader.count("pretty-limit"),
      ...(packageName === undefined ? {} : { package: packageName }),
      imports: reader.list("import"),
      strict: reader.boolean("strict"),
      strictBuiltinErrors: reader.boolean("strict-builtin-errors"),
      ignore: reader.list("ignore"),
      metrics: reader.boolean("metrics"),
      profile: reader.boolean("profile"),
      profileLimit: reader.count("profile-limit"),
      profileSort: readProfileSort(reader),
      failUndefined: fail.undefined,
      failDefined: fail.defined,
      timeoutMs: reader.durationMs("timeout"),
      logLevel: readLogLevel(reader),
    },
  };
}

function readProfileSort(reader: FlagReader): readonly (typeof profileKeys)[number][] {
  return reader.list("profile-sort").flatMap((text) => {
    const key = profileKeys.find((known) => known === text);
    if (key === undefined) {
      reader.refuse("--profile-sort", `expected one of ${profileKeys.join(", ")}, got ${quote(text)}`);
    }
    return key ?? [];
  });
}

/** What `sealcheck check` was asked for. */
export function readRegoCheck(reader: FlagReader, paths: readonly string[]): Command {
  if (paths.length === 0) {
    reader.refuse(
      "PATH",
      "expected files or folders with Rego policies, got none; write for example: sealcheck check policy/",
    );
  }
  return {
    kind: "check",
    configuration: {
      paths,
      strict: reader.boolean("strict"),
      maxErrors: reader.count("max-errors"),
      format: reader.choice("format", ["pretty", "json"]),
      ignore: reader.list("ignore"),
      logLevel: readLogLevel(reader),
    },
  };
}
