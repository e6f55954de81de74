import { type Digest, toHex } from "../types/index.ts";
import { DemoError } from "./errors.ts";
import { pipelineTasks } from "./provenance-pipeline.ts";
import { createHex } from "./provenance-script.ts";

/** What a test can report as `result` of its `TEST_OUTPUT`. */
export type TestOutcome = "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "ERROR";

export interface ProvenanceOptions {
  /** Repository with its registry, the subject's name. */
  image: string;
  digest: Digest;
  /** Further subjects' digests: an index' children. */
  alsoSubjects?: readonly Digest[];
  /** Default `https://tekton.dev/chains/v2`. */
  builderId?: string;
  /** Names of pipeline tasks to leave out. */
  omitTasks?: readonly string[];
  /** Names of pipeline tasks that did not succeed. */
  failTasks?: readonly string[];
  /** Names of pipeline tasks whose bundle has no digest. */
  unpinTasks?: readonly string[];
  /** Pipeline task to the outcome in its `TEST_OUTPUT`; default `SUCCESS`. */
  testOutcomes?: Readonly<Record<string, TestOutcome>>;
  /** Default a made-up repository; the revision has 40 hexadecimal digits. */
  git?: { url: string; revision: string };
  /** RFC 3339, UTC, whole seconds: when the build began; default 2026-01-15T09:30:00Z. */
  startedOn?: string;
}

/** Everything that the parts of a statement have in common. */
export interface ProvenanceBuild {
  options: ProvenanceOptions;
  git: { url: string; revision: string };
  runName: string;
  startedAtMs: number;
}

function assertTasks(options: ProvenanceOptions): void {
  const named = [
    ...(options.omitTasks ?? []),
    ...(options.failTasks ?? []),
    ...(options.unpinTasks ?? []),
    ...Object.keys(options.testOutcomes ?? {}),
  ];
  const unknown = named.find((name) => !pipelineTasks.some((task) => task.name === name));
  if (unknown === undefined) return;
  const known = pipelineTasks.map(({ name }) => name).join(", ");
  throw new DemoError(`expected one of the pipeline's tasks (${known}), got ${JSON.stringify(unknown)}`, {
    code: "invalid_option",
    subject: unknown,
  });
}

/** @throws DemoError `invalid_option` */
export function toBuild(options: ProvenanceOptions): ProvenanceBuild {
  assertTasks(options);
  const startedOn = options.startedOn ?? "2026-01-15T09:30:00Z";
  const startedAtMs = Date.parse(startedOn);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(startedOn) || Number.isNaN(startedAtMs)) {
    throw new DemoError(`expected a time such as 2026-01-15T09:30:00Z, got ${JSON.stringify(startedOn)}`, {
      code: "invalid_option",
      subject: "startedOn",
    });
  }
  const git = options.git ?? {
    url: "https://git.example.com/acme/shop",
    revision: createHex(`commit of ${options.image}`, 40),
  };
  const name = options.image.split("/").at(-1) ?? "app";
  return { options, git, startedAtMs, runName: `${name}-on-push-${toHex(options.digest).slice(0, 5)}` };
}

/** The image by the tag that its build gave it. */
export function toTagged(build: ProvenanceBuild): string {
  return `${build.options.image}:${build.git.revision}`;
}

/** RFC 3339, UTC, whole seconds after the begin. */
export function addSeconds(build: ProvenanceBuild, seconds: number): string {
  return new Date(build.startedAtMs + seconds * 1000).toISOString().replace(".000Z", "Z");
}
