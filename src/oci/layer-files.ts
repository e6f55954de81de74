import type { JsonObject } from "../types/index.ts";
import { OciError } from "./errors.ts";
import type { PinnedReference } from "./reference.ts";
import type { RegistryClient, RequestOptions } from "./registry-client.ts";

/** YAML and JSON files in these directories of an image. */
export function readImageFiles(
  _client: RegistryClient,
  _ref: PinnedReference,
  _directories: readonly string[],
  _options: RequestOptions,
): Promise<JsonObject> {
  throw new OciError("being built", { code: "invalid-response" });
}

/** Files of these names in a blob that is a tar archive. */
export function readBlobFiles(
  _client: RegistryClient,
  _ref: PinnedReference,
  _paths: readonly string[],
  _options: RequestOptions,
): Promise<JsonObject> {
  throw new OciError("being built", { code: "invalid-response" });
}
