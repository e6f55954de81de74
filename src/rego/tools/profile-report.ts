import type { PlaceCount } from "../run/index.ts";
import { drawTable } from "./query-report.ts";

/** Where an evaluation's time went. */
export interface Profile {
  loadFilesNs: number;
  /** Modules and query. */
  compileNs: number;
  evaluationNs: number;
  /** Most often evaluated first. */
  places: readonly PlaceCount[];
}

/** Places that are shown, as many as `opa eval --profile` shows. */
const maxPlaces = 10;

/** Adds `metrics` and `profile` to a report in JSON, under OPA's names where it has them. */
export function profileToJson(report: string, profile: Profile): string {
  const places = busiestRows(profile.places).map(({ location: { file, row, col }, count }) => ({
    num_eval: count,
    location: { file, row, col },
  }));
  const added = JSON.stringify({ metrics: toMetrics(profile), profile: places }, undefined, 2);
  const before = report.trimEnd().replace(/\s*\}$/, "");
  return `${before}${before === "{" ? "" : ","}${added.slice(1)}\n`;
}

/** Adds tables to a report. */
export function profileToTable(report: string, profile: Profile): string {
  const metrics = Object.entries(toMetrics(profile)).map(([name, value]) => [name, String(value)]);
  const places = busiestRows(profile.places).map(({ location: { file, row }, count }) => [
    String(count),
    file === "" ? `query:${row}` : `${file}:${row}`,
  ]);
  return `${report}${drawTable(["Metric", "Value"], metrics)}${drawTable(["Num Eval", "Location"], places)}`;
}

/** Of several places in a row the one that was evaluated most often. */
function busiestRows(places: readonly PlaceCount[]): readonly PlaceCount[] {
  const rows = new Map<string, PlaceCount>();
  for (const place of places) {
    const key = `${place.location.file}:${place.location.row}`;
    if ((rows.get(key)?.count ?? 0) < place.count) rows.set(key, place);
  }
  return [...rows.values()].slice(0, maxPlaces);
}

function toMetrics({ loadFilesNs, compileNs, evaluationNs }: Profile): Record<string, number> {
  return {
    timer_rego_load_files_ns: loadFilesNs,
    timer_rego_module_compile_ns: compileNs,
    timer_rego_query_eval_ns: evaluationNs,
  };
}
