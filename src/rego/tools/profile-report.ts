import type { SourceLocation } from "../compile/index.ts";
import type { PlaceProfile, Profile } from "../run/index.ts";
import { formatDuration } from "../testing/duration.ts";
import { drawTable } from "./query-report.ts";

/** Nanoseconds of the stages. */
export interface StageTimes {
  /** Reading and parsing of policies and data. */
  loadFilesNs: number;
  /** Modules and query. */
  compileNs: number;
  evaluationNs: number;
}

/** Keys that rows are sorted by, largest first, as `opa eval --profile-sort` takes them. */
export const profileKeys = ["total_time_ns", "num_eval", "num_redo", "num_gen_expr", "file", "line"] as const;
export type ProfileKey = (typeof profileKeys)[number];

export interface ProfileOptions {
  /** Rows, and rules, that are shown; 0 shows all. Default: 10. */
  limit?: number;
  /** Default: time, evaluations, solutions, file, row. */
  sort?: readonly ProfileKey[];
  /** The query's text. */
  query: string;
}

const defaultLimit = 10;
const defaultSort: readonly ProfileKey[] = ["total_time_ns", "num_eval", "num_redo", "file", "line"];

interface Row {
  location: SourceLocation;
  total_time_ns: number;
  num_eval: number;
  num_redo: number;
  num_gen_expr: number;
}

interface RuleRow {
  rule: string;
  location: SourceLocation;
  total_time_ns: number;
  num_eval: number;
}

/** The stages under OPA's names. */
export function toMetrics({ loadFilesNs, compileNs, evaluationNs }: StageTimes): Record<string, number> {
  return {
    timer_rego_load_files_ns: loadFilesNs,
    timer_rego_module_compile_ns: compileNs,
    timer_rego_query_eval_ns: evaluationNs,
  };
}

/** `profile` as OPA has it, and `profile_rules` with the rules' bodies. */
export function profileToJson(profile: Profile, options: ProfileOptions): Record<string, unknown> {
  return {
    profile: topRows(profile, options).map(({ location, ...numbers }) => ({ ...numbers, location })),
    profile_rules: topRules(profile, options),
  };
}

/** OPA's table of rows, and one of rules. */
export function profileToTable(profile: Profile, options: ProfileOptions): string {
  const rows = topRows(profile, options).map((row) => [
    formatDuration(row.total_time_ns),
    ...[row.num_eval, row.num_redo, row.num_gen_expr].map(String),
    toPlace(row.location, options.query),
  ]);
  const rules = topRules(profile, options).map((row) => [
    formatDuration(row.total_time_ns),
    String(row.num_eval),
    row.rule,
    toPlace(row.location, options.query),
  ]);
  return (
    drawTable(["Time", "Num Eval", "Num Redo", "Num Gen Expr", "Location"], rows) +
    (rules.length === 0 ? "" : drawTable(["Time", "Num Eval", "Rule", "Location"], rules))
  );
}

export function metricsToTable(times: StageTimes): string {
  return drawTable(
    ["Metric", "Value"],
    Object.entries(toMetrics(times)).map(([name, value]) => [name, String(value)]),
  );
}

function toPlace({ file, row }: SourceLocation, query: string): string {
  return file === "" ? query.trim() : `${file}:${row}`;
}

/** Expressions in one row are one, as in OPA. */
function topRows({ places }: Profile, { sort = defaultSort, limit }: ProfileOptions): Row[] {
  const rows = new Map<string, Row>();
  for (const place of places) {
    const key = `${place.location.file}:${place.location.row}`;
    const row = rows.get(key);
    if (row === undefined) rows.set(key, toRow(place));
    else add(row, place);
  }
  return cut(
    [...rows.values()].sort((left, right) => compareRows(left, right, sort)),
    limit,
  );
}

function toRow({ location, timeNs, evaluations, solutions }: PlaceProfile): Row {
  return { total_time_ns: timeNs, num_eval: evaluations, num_redo: solutions, num_gen_expr: 1, location };
}

function add(row: Row, { timeNs, evaluations, solutions }: PlaceProfile): void {
  row.total_time_ns += timeNs;
  row.num_eval += evaluations;
  row.num_redo += solutions;
  row.num_gen_expr += 1;
}

function compareRows(left: Row, right: Row, keys: readonly ProfileKey[]): number {
  for (const key of keys) {
    const difference = compareKey(left, right, key);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareKey(left: Row, right: Row, key: ProfileKey): number {
  if (key === "line") return right.location.row - left.location.row;
  if (key !== "file") return right[key] - left[key];
  return left.location.file === right.location.file ? 0 : left.location.file > right.location.file ? -1 : 1;
}

function topRules({ rules }: Profile, { limit }: ProfileOptions): RuleRow[] {
  const rows = rules.map(({ path, location, timeNs, evaluations }) => ({
    rule: path,
    total_time_ns: timeNs,
    num_eval: evaluations,
    location,
  }));
  const sorted = rows.sort((left, right) => right.total_time_ns - left.total_time_ns || right.num_eval - left.num_eval);
  return cut(sorted, limit);
}

function cut<T>(rows: readonly T[], limit = defaultLimit): T[] {
  return limit === 0 ? [...rows] : rows.slice(0, limit);
}
