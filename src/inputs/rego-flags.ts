import type { FlagGroup } from "./flags.ts";
import { commonGroup } from "./validate-image-flags.ts";

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
      { name: "format", short: "f", kind: "text", value: "FORMAT", fallback: "json", help: "json or pretty." },
      { name: "package", kind: "text", value: "PACKAGE", help: "Package that the query's names are looked up in." },
      { name: "import", kind: "list", value: "PATH", help: "Import for the query: data.a.b, or 'data.a.b as c'." },
      {
        name: "strict-builtin-errors",
        kind: "boolean",
        fallback: "false",
        help: "An error of a built-in function ends the evaluation, where it would be undefined.",
      },
      {
        name: "profile",
        kind: "boolean",
        fallback: "false",
        help: "Also report the time of each stage, and how often the busiest expressions and rules were evaluated.",
      },
      { name: "fail", kind: "boolean", fallback: "false", help: "Exit code 1 where the result is undefined." },
      { name: "timeout", kind: "duration", value: "TIME", fallback: "60s", help: "For the evaluation." },
    ],
  },
  commonGroup,
];

export const regoCheckGroups: readonly FlagGroup[] = [
  {
    title: "Check",
    flags: [
      {
        name: "strict",
        short: "S",
        kind: "boolean",
        fallback: "false",
        help: "Unused and duplicate names, and deprecated functions, are errors.",
      },
      { name: "format", short: "f", kind: "text", value: "FORMAT", fallback: "pretty", help: "pretty or json." },
    ],
  },
  commonGroup,
];
