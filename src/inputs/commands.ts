import type { FlagGroup } from "./flags.ts";
import { regoCheckGroups, regoEvalGroups, regoTestGroups } from "./rego-flags.ts";
import { cacheFlags, colorFlags, commonGroup, validateImageGroups, workersFlag } from "./validate-image-flags.ts";

/** One command, as the parser and the help text see it. */
export interface CommandEntry {
  /** The words that name it. */
  readonly path: readonly string[];
  readonly summary: string;
  /** What stands for its positional arguments in the help text; absent where it takes none. */
  readonly positionals?: string;
  readonly groups: readonly FlagGroup[];
  readonly examples?: readonly string[];
}

const cacheGroups: readonly FlagGroup[] = [{ title: "Folder", flags: cacheFlags }, commonGroup];

export const commands: readonly CommandEntry[] = [
  {
    path: ["validate", "image"],
    summary: "Validate images: signatures, attestations, policies.",
    groups: validateImageGroups,
    examples: [
      "sealcheck validate image --image registry.example/app:1.0 --public-key cosign.pub --policy policy.yaml",
      "sealcheck validate image --images snapshot.json --policy github.com/conforma/config//slsa3 --output text --output json=report.json",
    ],
  },
  {
    path: ["demo"],
    summary: "Show what this does, on images made and signed on the spot.",
    groups: [{ title: "Running", flags: [workersFlag, ...colorFlags] }, commonGroup],
  },
  {
    path: ["test"],
    summary: "Run the unit tests of Rego policies.",
    positionals: "PATH...",
    groups: regoTestGroups,
    examples: ["sealcheck test policy/ data.yaml", "sealcheck test --run 'data.main.test_.*' --coverage policy/"],
  },
  {
    path: ["eval"],
    summary: "Evaluate a Rego query.",
    positionals: "QUERY",
    groups: regoEvalGroups,
    examples: ["sealcheck eval -d policy/ -d data.yaml -i input.json 'data.main.deny'"],
  },
  {
    path: ["check"],
    summary: "Parse and compile Rego policies, and say what is wrong with them.",
    positionals: "PATH...",
    groups: regoCheckGroups,
  },
  {
    path: ["registry"],
    summary: "Run the embedded OCI registry, for trials, tests and small mirrors.",
    groups: [
      {
        title: "Registry",
        flags: [
          { name: "dir", kind: "text", value: "PATH", help: "Folder to keep the content in. Default: memory." },
          { name: "host", kind: "text", value: "ADDRESS", fallback: "127.0.0.1", help: "Address to listen on." },
          { name: "port", kind: "count", value: "N", fallback: "5000", help: "Port to listen on; 0 takes a free one." },
          {
            name: "platforms",
            kind: "text",
            value: "WHICH",
            fallback: "all",
            help: "Images that must be there when an image index is pushed: all, none or a list such as linux/amd64,linux/arm64/v8. Others may be missing (sparse index).",
          },
          {
            name: "accept-missing-blobs",
            kind: "boolean",
            fallback: "false",
            help: "Accept images whose configuration or layers were not pushed.",
          },
          { name: "max-blob-size", kind: "size", value: "SIZE", fallback: "2GiB", help: "Larger blobs are refused." },
        ],
      },
      commonGroup,
    ],
  },
  { path: ["cache", "info"], summary: "Show what the cache folder holds.", groups: cacheGroups },
  { path: ["cache", "prune"], summary: "Shrink the cache folder to its bound.", groups: cacheGroups },
  {
    path: ["cache", "verify"],
    summary: "Check every file of the cache folder, and remove bad ones.",
    groups: cacheGroups,
  },
  {
    path: ["task", "validate"],
    summary: "A step of the Tekton task: validate what the variables PARAM_* ask for.",
    groups: [commonGroup],
  },
  {
    path: ["task", "assert"],
    summary: "The last step of the Tekton task: end as the step validate did.",
    groups: [commonGroup],
  },
  { path: ["version"], summary: "Print the version.", groups: [commonGroup] },
];
