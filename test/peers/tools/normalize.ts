/** Row of the one default in the policies. */
const defaultRow = 5;

/** Durations differ from run to run, and so do the ends of lines that OPA indents. */
function mask(text: string): string {
  return text
    .replace(/\((?:[\d.]+(?:h|m|s|ms|µs|ns))+\)/g, "(TIME)")
    .replace(/"duration": \d+/g, '"duration": 0')
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/**
 * The report of tests without what differs by design: the order of tests (`opa` runs them at random), the reasons in other rules and
 * the last line, which `opa` does not have.
 */
export function normalizeTests(text: string): string {
  const plain = mask(text)
    .replace(/\n {2}in data\.\S+, \S+:\d+:\n(?:(?: {4}.*)?\n(?! {2}in |data\.|SUMMARY))*/g, "\n")
    .replace(/\n?\d+ passed, \d+ failed.*\n$/, "\n");
  const [before = "", after] = plain.split("SUMMARY\n");
  if (after === undefined) return sortBlocks(plain, /^(?=\S+\.rego:\d+:$)/m);
  return `${sortBlocks(before, /^(?=data\.)/m)}\nSUMMARY\n${sortBlocks(after, /^(?=\S+\.rego:\d+:$)/m)}`;
}

function sortBlocks(text: string, start: RegExp): string {
  const lines = text.split("\n").filter((line) => line !== "");
  const end = lines.findLastIndex((line) => line.startsWith("-----"));
  const isTitle = lines[0] === "FAILURES";
  const [head, body, tail] = isTitle
    ? [lines.slice(0, 2), lines.slice(2), []]
    : [[], lines.slice(0, Math.max(end, 0)), lines.slice(Math.max(end, 0))];
  const blocks = body
    .join("\n")
    .split(start)
    .map((block) => block.trimEnd());
  return [...head, ...blocks.sort(), ...tail].join("\n");
}

/** The results of tests as JSON, by place. */
export function normalizeResults(text: string): unknown {
  const results = JSON.parse(text) as { location: { file: string; row: number }; duration: number }[];
  const key = ({ location }: (typeof results)[number]): string =>
    `${location.file}:${String(location.row).padStart(6)}`;
  return results.map((result) => ({ ...result, duration: 0 })).sort((left, right) => (key(left) < key(right) ? -1 : 1));
}

/**
 * A profile without times, in the order of places: of rows in files, without those of defaults (docs/rego-engine.md: a rule without a
 * body has no expression here), and without columns: which of a row's expressions gives it is another one.
 */
export function normalizeProfile(text: string): unknown {
  const {
    metrics: _,
    profile_rules: __,
    profile,
    ...rest
  } = JSON.parse(text) as {
    profile?: { location: { file: string; row: number; col: number }; total_time_ns: number }[];
  } & Record<string, unknown>;
  const rows = (profile ?? [])
    .filter(({ location: { file, row } }) => file !== "" && row !== defaultRow)
    .map(({ total_time_ns: _time, location: { file, row }, ...numbers }) => ({ ...numbers, location: { file, row } }));
  const key = ({ location }: (typeof rows)[number]): string => `${location.file}:${String(location.row).padStart(6)}`;
  return { ...rest, profile: rows.sort((left, right) => (key(left) < key(right) ? -1 : 1)) };
}

export function normalizeText(text: string): string {
  return mask(text).replace(/\bstat (?=\S+: no such file)/g, "");
}
