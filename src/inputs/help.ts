import { type CommandEntry, commands } from "./commands.ts";
import type { Flag, FlagGroup } from "./flags.ts";

const width = 100;
const flagColumn = 2;
const helpColumn = 8;

/** Breaks at blanks so that no line is longer than the width, where the words allow it. */
function wrapAt(text: string, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((content) => " ".repeat(indent) + content).join("\n");
}

function isSupported(flag: Flag): boolean {
  return !flag.kind.startsWith("unsupported");
}

function describeFlag(flag: Flag): string {
  const short = flag.short === undefined ? "" : `-${flag.short}, `;
  const value = flag.kind === "boolean" ? "" : ` ${flag.value ?? flag.kind.toUpperCase()}`;
  const fallback = flag.fallback === undefined || flag.fallback === "false" ? "" : ` Default: ${flag.fallback}.`;
  return `${" ".repeat(flagColumn)}${short}--${flag.name}${value}\n${wrapAt(`${flag.help}${fallback}`, helpColumn)}`;
}

function describeGroup(group: FlagGroup): string {
  return [`${group.title}:`, ...group.flags.filter(isSupported).map(describeFlag)].join("\n");
}

function describeCommand(command: CommandEntry): string {
  const usage = [
    "sealcheck",
    ...command.path,
    "[flags]",
    ...(command.positionals === undefined ? [] : [command.positionals]),
  ];
  const groups = command.groups.filter((group) => group.flags.some(isSupported)).map(describeGroup);
  const examples = command.examples?.map((line) => wrapAt(line, 2).replaceAll("\n", " \\\n    ")) ?? [];
  return [
    command.summary,
    `Usage: ${usage.join(" ")}`,
    ...(examples.length === 0 ? [] : [["Examples:", ...examples].join("\n")]),
    ...groups,
    "Write booleans as --flag or --flag=false, times as 90s or 1m30s. --help shows this text.",
  ].join("\n\n");
}

function describeAll(): string {
  const nameWidth = Math.max(...commands.map(({ path }) => path.join(" ").length));
  const lines = commands.map(({ path, summary }) => `  ${path.join(" ").padEnd(nameWidth)}  ${summary}`);
  return [
    "Sealcheck: is this container image signed by whom we trust, and built the way our policy demands?",
    "Usage: sealcheck COMMAND [flags]",
    ["Commands:", ...lines].join("\n"),
    "Exit codes: 0 passed, 1 the policy said no, 2 wrong usage or configuration, 3 could not decide.",
    "sealcheck COMMAND --help tells more. New here? sealcheck demo",
  ].join("\n\n");
}

/** The help text of one command, or of all; 100 columns wide, with a newline at its end. */
export function renderHelp(command?: CommandEntry): string {
  return `${command === undefined ? describeAll() : describeCommand(command)}\n`;
}
