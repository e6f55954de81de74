/** A task of the demo's build pipeline: made up, in the proportions of a real one. */
export interface PipelineTask {
  /** Name in the pipeline. */
  name: string;
  /** Name in the catalogue. */
  task: string;
  after?: string;
  /** Sizes of the steps' scripts, in bytes. */
  steps: readonly number[];
  /** What its results tell. */
  reports?: "source" | "image" | "test";
  seconds: number;
  parameters?: Readonly<Record<string, string | readonly string[]>>;
}

const authorities = { caBundleKey: "ca-bundle.crt", caBundleName: "internal-authorities" };

const buildParameters = {
  ...authorities,
  BUILD_ARGS: [],
  BUILD_ARGS_FILE: "",
  CACHE_MODE: "read-write",
  CONTEXT: ".",
  CONTAINERFILE: "Containerfile",
  EXPIRES_AFTER: "",
  EXTRA_LABELS: [],
  HERMETIC: "true",
  MODULES_INPUT: '[{"type": "npm", "path": "."}]',
  REMOTE_PLATFORM: "",
  SECRET_NAME: "build-credentials",
  SKIP_UNUSED_STAGES: "true",
  SQUASH: "false",
  STORAGE: "overlay",
  TARGET_STAGE: "",
  TLS_VERIFY: "true",
};

/** In the order of their begin: whatever `after` names comes first. */
export const pipelineTasks: readonly PipelineTask[] = [
  { name: "prepare", task: "prepare-run", steps: [460], seconds: 9, parameters: { rebuild: "false" } },
  {
    name: "fetch-source",
    task: "fetch-source",
    after: "prepare",
    steps: [3600, 700],
    reports: "source",
    seconds: 16,
    parameters: { ...authorities, depth: "1", fetchTags: "false", submodules: "true", subdirectory: "source" },
  },
  {
    name: "collect-modules",
    task: "collect-modules",
    after: "fetch-source",
    steps: [320, 5800],
    seconds: 21,
    parameters: { ...authorities, input: "", "log-level": "info", "sbom-format": "spdx" },
  },
  {
    name: "build-image-amd64",
    task: "build-image",
    after: "collect-modules",
    steps: [11_500, 60, 1200, 410, 450, 1000, 700],
    reports: "image",
    seconds: 185,
    parameters: { ...buildParameters, PLATFORM: "linux/amd64" },
  },
  {
    name: "build-image-arm64",
    task: "build-image",
    after: "collect-modules",
    steps: [16_000, 180, 1300, 750, 1100, 800],
    reports: "image",
    seconds: 240,
    parameters: { ...buildParameters, PLATFORM: "linux/arm64" },
  },
  {
    name: "assemble-index",
    task: "assemble-index",
    after: "build-image-arm64",
    steps: [2300, 560, 600],
    reports: "image",
    seconds: 14,
    parameters: { ...authorities, ALWAYS_INDEX: "true" },
  },
  { name: "store-sources", task: "store-sources", after: "assemble-index", steps: [3400, 1100], seconds: 33 },
  {
    name: "write-sbom",
    task: "write-sbom",
    after: "assemble-index",
    steps: [2600, 820],
    seconds: 12,
    parameters: { format: "spdx" },
  },
  {
    name: "check-base-image",
    task: "check-base-image",
    after: "assemble-index",
    steps: [5600],
    reports: "test",
    seconds: 8,
  },
  {
    name: "check-packages",
    task: "check-packages",
    after: "assemble-index",
    steps: [1150, 2600],
    reports: "test",
    seconds: 18,
  },
  {
    name: "scan-vulnerabilities",
    task: "scan-vulnerabilities",
    after: "assemble-index",
    steps: [670, 1600, 1000, 6900],
    reports: "test",
    seconds: 74,
    parameters: { ...authorities, "database-age-hours": "24", "ignore-unfixed": "false" },
  },
  {
    name: "analyse-source",
    task: "analyse-source",
    after: "assemble-index",
    steps: [9200, 760],
    reports: "test",
    seconds: 51,
    parameters: { ...authorities, ARGS: "", "record-excluded": "true" },
  },
  {
    name: "scan-malware",
    task: "scan-malware",
    after: "assemble-index",
    steps: [4900, 640],
    reports: "test",
    seconds: 96,
  },
  {
    name: "check-licences",
    task: "check-licences",
    after: "write-sbom",
    steps: [4800, 400],
    reports: "test",
    seconds: 7,
  },
  { name: "summarise", task: "summarise", after: "scan-malware", steps: [350], seconds: 4 },
];
