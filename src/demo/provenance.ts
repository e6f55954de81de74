import { type Json, type JsonObject, toHex } from "../types/index.ts";
import { addSeconds, type ProvenanceBuild, type ProvenanceOptions, toBuild, toTagged } from "./provenance-build.ts";
import { toAnnotations, toLabels, toTaskAnnotations, toTaskLabels } from "./provenance-environment.ts";
import { type PipelineTask, pipelineTasks } from "./provenance-pipeline.ts";
import { toResults } from "./provenance-results.ts";
import { createHex, createScript } from "./provenance-script.ts";
import type { Statement } from "./statement.ts";

export type { ProvenanceOptions, TestOutcome } from "./provenance-build.ts";

const trustedBuilder = "https://tekton.dev/chains/v2";
const catalogue = "registry.example.com/build-tasks";

/**
 * SLSA v0.2 provenance of a made-up Tekton pipeline run, with the members and the size (about 180 kB) of what Tekton
 * Chains writes for a real one. The same options give the same statement.
 * @throws DemoError `invalid_option` for a task that the pipeline does not have, or a time that is none
 */
export function createProvenance(options: ProvenanceOptions): Statement {
  const build = toBuild(options);
  const tasks = pipelineTasks.filter(({ name }) => !options.omitTasks?.includes(name));
  const times = toTimes(tasks);
  return {
    _type: "https://in-toto.io/Statement/v0.1",
    subject: [options.digest, ...(options.alsoSubjects ?? [])].map((digest) => ({
      name: options.image,
      digest: { sha256: toHex(digest) },
    })),
    predicateType: "https://slsa.dev/provenance/v0.2",
    predicate: {
      buildConfig: { tasks: tasks.map((task) => toTask(build, task, times.get(task.name) ?? 0)) },
      buildType: "tekton.dev/v1/PipelineRun",
      builder: { id: options.builderId ?? trustedBuilder },
      invocation: {
        configSource: {},
        environment: { annotations: toAnnotations(build), labels: toLabels(build) },
        parameters: toRunParameters(build),
      },
      materials: toMaterials(build, tasks),
      metadata: {
        buildStartedOn: addSeconds(build, 0),
        buildFinishedOn: addSeconds(
          build,
          Math.max(...tasks.map((task) => (times.get(task.name) ?? 0) + task.seconds)) + 10,
        ),
        completeness: { environment: false, materials: false, parameters: false },
        reproducible: false,
      },
    },
  };
}

/** When each task begins, in seconds after the run's begin: once the one before it has ended. */
function toTimes(tasks: readonly PipelineTask[]): ReadonlyMap<string, number> {
  const begins = new Map<string, number>();
  for (const task of tasks) {
    const before = pipelineTasks.find(({ name }) => name === task.after);
    begins.set(task.name, before === undefined ? 7 : (begins.get(before.name) ?? 0) + before.seconds);
  }
  return begins;
}

function toTask(build: ProvenanceBuild, task: PipelineTask, begin: number): JsonObject {
  return {
    ...(task.after === undefined ? {} : { after: [task.after] }),
    name: task.name,
    ref: { resolver: "bundles", params: toRefParams(build, task) },
    startedOn: addSeconds(build, begin),
    finishedOn: addSeconds(build, begin + task.seconds),
    status: build.options.failTasks?.includes(task.name) ? "Failed" : "Succeeded",
    serviceAccountName: "build-pipeline",
    invocation: {
      configSource: {},
      environment: {
        annotations: { ...toAnnotations(build), ...toTaskAnnotations(task) },
        labels: { ...toLabels(build), ...toTaskLabels(build, task) },
      },
      parameters: { ...task.parameters, IMAGE: toTagged(build), COMMIT: build.git.revision },
    },
    results: toResults(build, task, addSeconds(build, begin + task.seconds)),
    steps: task.steps.map((size, step) => ({
      annotations: null,
      arguments: null,
      entryPoint: createScript(`${task.name} ${step}`, size),
      environment: { container: `${task.task}-${step + 1}`, image: toStepImage(task, step) },
    })),
  };
}

function toRefParams(build: ProvenanceBuild, task: PipelineTask): Json {
  const tagged = `${catalogue}/${task.task}:0.3`;
  const pinned = `${tagged}@sha256:${createHex(`bundle of ${task.task}`, 64)}`;
  return [
    { name: "name", value: task.task },
    { name: "bundle", value: build.options.unpinTasks?.includes(task.name) ? tagged : pinned },
    { name: "kind", value: "task" },
  ];
}

function toStepImage(task: PipelineTask, step: number): string {
  const name = `registry.example.com/build-tools/${task.task}-${step % 2 === 0 ? "runner" : "reporter"}`;
  return `oci://${name}@sha256:${createHex(name, 64)}`;
}

function toRunParameters(build: ProvenanceBuild): JsonObject {
  return {
    "build-sources-image": "true",
    containerfile: "Containerfile",
    "git-url": build.git.url,
    hermetic: "true",
    "image-expires-after": "",
    "output-image": toTagged(build),
    "path-context": ".",
    "modules-input": "",
    rebuild: "false",
    revision: build.git.revision,
    "skip-checks": "false",
  };
}

function toMaterials(build: ProvenanceBuild, tasks: readonly PipelineTask[]): Json {
  const images = new Set(tasks.flatMap((task) => task.steps.map((_, step) => toStepImage(task, step))));
  const materials = [...images].map((image) => {
    const [uri = "", sha256 = ""] = image.split("@sha256:");
    return { uri, digest: { sha256 } };
  });
  return [...materials, { uri: `git+${build.git.url}.git`, digest: { sha1: build.git.revision } }];
}
