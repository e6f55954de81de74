import type { ProvenanceBuild } from "./provenance-build.ts";
import type { PipelineTask } from "./provenance-pipeline.ts";
import { createHex } from "./provenance-script.ts";

/** What the run's trigger leaves on every task as well as on the run. */
export function toAnnotations(build: ProvenanceBuild): Record<string, string> {
  const { url, revision } = build.git;
  const trigger = "trigger.example.com";
  return {
    "build.example.com/commit": revision,
    "build.example.com/repository": `${url}?rev=${revision}`,
    "build.example.com/target-branch": "main",
    [`${trigger}/branch`]: "main",
    [`${trigger}/check-run`]: String(Number.parseInt(revision.slice(0, 8), 16)),
    [`${trigger}/condition`]: 'event == "push" && target_branch == "main"',
    [`${trigger}/controller`]: '{"name":"default","configmap":"trigger-settings","secret":"trigger-credentials"}',
    [`${trigger}/credentials`]: `git-credentials-${revision.slice(0, 6)}`,
    [`${trigger}/definition`]: ".tekton/build-pipeline.yaml",
    [`${trigger}/event`]: "push",
    [`${trigger}/keep-runs`]: "3",
    [`${trigger}/log`]: `https://runs.example.com/namespaces/acme-builds/runs/${build.runName}/logs`,
    [`${trigger}/original-run`]: "shop-on-push",
    [`${trigger}/organisation`]: "acme",
    [`${trigger}/provider`]: "forge",
    [`${trigger}/repository-address`]: url,
    [`${trigger}/sender`]: "update-robot",
    [`${trigger}/source-branch`]: "refs/heads/main",
    [`${trigger}/source-repository-address`]: url,
    [`${trigger}/state`]: "started",
    [`${trigger}/title`]: "Update the base image to its newest digest, and the modules with it (#1181)",
    [`${trigger}/title-address`]: `${url}/commit/${revision}`,
    "results.example.com/summary": JSON.stringify({ repository: "shop", commit: revision, event: "push" }),
    "results.example.com/record": `acme-builds/results/${createHex(build.runName, 40)}/records/1`,
    "results.example.com/stored": "true",
  };
}

/** What the cluster puts on every task as well as on the run. */
export function toLabels(build: ProvenanceBuild): Record<string, string> {
  const { revision } = build.git;
  return {
    "app.kubernetes.io/managed-by": "trigger.example.com",
    "app.kubernetes.io/version": "v0.31.0",
    "build.example.com/application": "shop",
    "build.example.com/component": build.runName.split("-on-push-")[0] ?? "",
    "build.example.com/type": "build",
    "trigger.example.com/event": "push",
    "trigger.example.com/original-run": "shop-on-push",
    "trigger.example.com/repository": "shop",
    "trigger.example.com/sha": revision,
    "trigger.example.com/state": "started",
    "trigger.example.com/organisation": "acme",
    "tekton.dev/pipeline": build.runName,
  };
}

/** What the task's definition brings along. */
export function toTaskAnnotations(task: PipelineTask): Record<string, string> {
  return {
    "tekton.dev/displayName": task.task.replaceAll("-", " "),
    "tekton.dev/pipelines.minVersion": "0.21.0",
    "tekton.dev/platforms": "linux/amd64,linux/arm64",
    "tekton.dev/tags": "image-build",
    "tekton.dev/taskrunSpanContext": JSON.stringify({
      traceparent: `00-${createHex(task.name, 64).slice(0, 32)}-${createHex(task.task, 64).slice(0, 16)}-01`,
    }),
  };
}

/** Where in its run the task stands. */
export function toTaskLabels(build: ProvenanceBuild, task: PipelineTask): Record<string, string> {
  return {
    "tekton.dev/memberOf": "tasks",
    "tekton.dev/pipelineRun": build.runName,
    "tekton.dev/pipelineRunUID": createHex(build.runName, 40),
    "tekton.dev/pipelineTask": task.name,
    "tekton.dev/task": task.task,
  };
}
