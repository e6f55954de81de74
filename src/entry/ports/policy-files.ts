import { readdir } from "node:fs/promises";
import type { PolicyFiles } from "../../rego/index.ts";
import { localFiles } from "./files.ts";

/** The local disk, as the commands for policy authors read it. */
export const policyFiles: PolicyFiles = {
  kind: localFiles.kindOf,
  list: (path) => readdir(path),
  read: localFiles.read,
};
