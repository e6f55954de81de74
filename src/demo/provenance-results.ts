import type { Json, JsonObject } from "../types/index.ts";
import { type ProvenanceBuild, toTagged } from "./provenance-build.ts";
import type { PipelineTask } from "./provenance-pipeline.ts";
import { createHex } from "./provenance-script.ts";

/** The results of a task: what it reports of sources, images or tests. `at` is when it ended. */
export function toResults(build: ProvenanceBuild, task: PipelineTask, at: string): Json {
  const toText = (name: string, value: string) => ({ name, type: "string", value });
  const { digest } = build.options;
  switch (task.reports) {
    case "source":
      return [
        toText("CHAINS-GIT_COMMIT", build.git.revision),
        toText("CHAINS-GIT_URL", build.git.url),
        toText("commit", build.git.revision),
        toText("short-commit", build.git.revision.slice(0, 7)),
        toText("url", build.git.url),
      ];
    case "image":
      return [
        toText("IMAGE_DIGEST", digest),
        toText("IMAGE_REF", `${build.options.image}@${digest}`),
        toText("IMAGE_URL", toTagged(build)),
        toText("SBOM_BLOB_URL", `${build.options.image}@sha256:${createHex(`sbom of ${digest}`, 64)}`),
      ];
    case "test":
      return [
        toText("IMAGES_PROCESSED", `${JSON.stringify({ image: { pullspec: toTagged(build), digests: [digest] } })}\n`),
        toText("TEST_OUTPUT", `${JSON.stringify(toTestOutput(build, task, at))}\n`),
      ];
    default:
      return [];
  }
}

function toTestOutput(build: ProvenanceBuild, task: PipelineTask, at: string): JsonObject {
  const result = build.options.testOutcomes?.[task.name] ?? "SUCCESS";
  return {
    result,
    timestamp: at,
    note: `${task.task} completed: see the log of the task for what it found.`,
    namespace: "required_checks",
    successes: result === "SUCCESS" ? 12 : 11,
    failures: result === "FAILURE" || result === "ERROR" ? 1 : 0,
    warnings: result === "WARNING" ? 1 : 0,
  };
}
