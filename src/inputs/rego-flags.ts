import type { Flag, FlagGroup } from "./flags.ts";
import { colorFlags, commonGroup } from "./validate-image-flags.ts";

const ignoreFlag: Flag = {
  name: "ignore",
  kind: "list",
  value: "PATTERN",
  help: "Names of files and folders to leave out, such as '*_draft.rego' or '.*'; may be repeated.",
};

const strictFlag: Flag = {
  name: "strict",
  short: "S",
  kind: "boolean",
  fallback: "false",
  help: "Unused and duplicate names, and deprecated functions, are errors.",
};

export const regoTestGroups: readonly FlagGroup[] = [
  {
    title: "Tests",
    flags: [
      { name: "verbose", short: "v", kind: "boolean", fallback: "false", help: "List every test, and log everything." },
      {
        name: "run",
        short: "r",
        kind: "text",
        value: "REGEXP",
        help: "Only tests whose full name (data.main.test_x) has a match.",
      },
      { name: "format", short: "f", kind: "text", value: "FORMAT", fallback: "pretty", help: "pretty, json or junit." },
      {
        name: "coverage",
        short: "c",
        kind: "boolean",
        fallback: "false",
        help: "Report the rows that the tests evaluated, where all passed: with --format=json in place of the results.",
      },
      {
        name: "threshold",
        kind: "decimal",
        value: "PERCENT",
        fallback: "0",
        help: "Fail where less than this share of the rows was evaluated (implies --coverage).",
      },
      { name: "timeout", kind: "duration", value: "TIME", fallback: "30s", help: "For one test." },
      ignoreFlag,
      {
        name: "exit-zero-on-skipped",
        short: "z",
        kind: "boolean",
        fallback: "false",
        help: "Tests named todo_test_... are skipped, and make the run fail; with this flag they do not.",
      },
      { name: "fail-on-empty", kind: "boolean", fallback: "false", help: "Exit code 2 where no test was run." },
      ...colorFlags,
    ],
  },
  { ...commonGroup, flags: commonGroup.flags.filter((flag) => flag.name !== "verbose") },
];

export const regoEvalGroups: readonly FlagGroup[] = [
  {
    title: "Evaluation",
    flags: [
      {
        name: "data",
        short: "d",
        kind: "list",
        value: "PATH",
        help: "Policies and data: a file or a folder; may be repeated. a.b:PATH puts data below data.a.b.",
      },
      { name: "input", short: "i", kind: "text", value: "FILE", help: "The input document, JSON or YAML." },
      {
        name: "stdin-input",
        short: "I",
        kind: "boolean",
        fallback: "false",
        help: "Read the input document from standard input.",
      },
      { name: "package", kind: "text", value: "PACKAGE", help: "Package that the query's names are looked up in." },
      { name: "import", kind: "list", value: "PATH", help: "Import for the query: data.a.b, or 'data.a.b as c'." },
      strictFlag,
      {
        name: "strict-builtin-errors",
        kind: "boolean",
        fallback: "false",
        help: "An error of a built-in function ends the evaluation, where it would be undefined.",
      },
      ignoreFlag,
      { name: "timeout", kind: "duration", value: "TIME", fallback: "60s", help: "For the evaluation." },
    ],
  },
  {
    title: "Result",
    flags: [
      {
        name: "format",
        short: "f",
        kind: "text",
        value: "FORMAT",
        fallback: "json",
        help: "json, pretty, raw (texts as they are), values, bindings, or discard (no values, for profiles).",
      },
      {
        name: "pretty-limit",
        kind: "count",
        value: "N",
        fallback: "0",
        help: "Characters after which a cell of --format=pretty is cut; 0 cuts none.",
      },
      { name: "fail", kind: "boolean", fallback: "false", help: "Exit code 1 where the result is undefined." },
      { name: "fail-defined", kind: "boolean", fallback: "false", help: "Exit code 1 where there is a result." },
    ],
  },
  {
    title: "Profile",
    flags: [
      { name: "metrics", kind: "boolean", fallback: "false", help: "Also report the time of each stage." },
      {
        name: "profile",
        kind: "boolean",
        fallback: "false",
        help: "Also report the time and the number of evaluations of rows and rules, those with the most time first.",
      },
      {
        name: "profile-limit",
        kind: "count",
        value: "N",
        fallback: "10",
        help: "Rows and rules that the profile shows; 0 shows all.",
      },
      {
        name: "profile-sort",
        kind: "list",
        value: "KEY",
        help: "Sort the profile's rows by total_time_ns, num_eval, num_redo, num_gen_expr, file or line; may be repeated.",
      },
    ],
  },
  commonGroup,
];

export const regoCheckGroups: readonly FlagGroup[] = [
  {
    title: "Check",
    flags: [
      strictFlag,
      { name: "format", short: "f", kind: "text", value: "FORMAT", fallback: "pretty", help: "pretty or json." },
      {
        name: "max-errors",
        short: "m",
        kind: "count",
        value: "N",
        fallback: "10",
        help: "Errors that are named, those of the parser not counted; 0 names all.",
      },
      ignoreFlag,
    ],
  },
  commonGroup,
];
