import type { Command } from "./configuration.ts";
import type { FlagReader } from "./flag-reader.ts";
import { readLogLevel } from "./validate-image.ts";

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
  const packageName = reader.text("package");
  return {
    kind: "eval",
    configuration: {
      query,
      paths: reader.list("data"),
      ...(input === undefined ? {} : { input }),
      format: reader.choice("format", ["json", "pretty"]),
      ...(packageName === undefined ? {} : { package: packageName }),
      imports: reader.list("import"),
      strictBuiltinErrors: reader.boolean("strict-builtin-errors"),
      profile: reader.boolean("profile"),
      failUndefined: reader.boolean("fail"),
      timeoutMs: reader.durationMs("timeout"),
      logLevel: readLogLevel(reader),
    },
  };
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
      format: reader.choice("format", ["pretty", "json"]),
      logLevel: readLogLevel(reader),
    },
  };
}
