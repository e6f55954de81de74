import type { RegistryServerConfiguration } from "./configuration.ts";
import type { FlagReader } from "./flag-reader.ts";
import { readPlatforms } from "./registry-slice.ts";
import { readLogLevel } from "./validate-image.ts";

/** What `sealcheck registry` was asked for. */
export function readRegistryServer(reader: FlagReader): RegistryServerConfiguration {
  const directory = reader.text("dir");
  const port = reader.count("port");
  if (port > 65_535) {
    reader.refuse("--port", `expected a port from 0 to 65535, got ${port}`);
  }
  return {
    ...(directory === undefined ? {} : { directory }),
    host: reader.text("host") ?? "127.0.0.1",
    port,
    platforms: readPlatforms(reader),
    acceptMissingBlobs: reader.boolean("accept-missing-blobs"),
    maxBlobBytes: reader.size("max-blob-size"),
    logLevel: readLogLevel(reader),
  };
}
