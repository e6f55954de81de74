/** Bounds of what is read out of layers and other archives. */
export interface FileLimits {
  /** Bytes of a layer or blob as stored. */
  maxStoredBytes: number;
  /** Bytes of it inflated. */
  maxInflatedBytes: number;
  maxRatio: number;
  /** Entries of one archive. */
  maxEntries: number;
  /** Characters that names in and above the directories that were asked for have together, in all layers. */
  maxNameCharacters: number;
  /** Bytes of one file that was asked for. */
  maxFileBytes: number;
  /** Bytes of one such file that is YAML and not JSON. */
  maxYamlBytes: number;
  /** Bytes of all files that were asked for. */
  maxTotalBytes: number;
  /** Files that were asked for. */
  maxFiles: number;
}

const defaultLimits: FileLimits = {
  maxStoredBytes: 16 * 1024 ** 3,
  maxInflatedBytes: 64 * 1024 ** 3,
  maxRatio: 256,
  maxEntries: 1_000_000,
  maxNameCharacters: 16 * 1024 ** 2,
  maxFileBytes: 16 * 1024 ** 2,
  maxYamlBytes: 2 * 1024 ** 2,
  maxTotalBytes: 64 * 1024 ** 2,
  maxFiles: 10_000,
};

/** Heap that YAML needs while it is read, for each that JSON of the same length needs: 511 bytes a byte to 19, measured. */
const yamlToJsonHeap = 27;

/** The limits where one document that is parsed, or what several are together, may have this many bytes of JSON at most. */
export function toFileLimits(maxDocumentBytes: number): FileLimits {
  const within = (bytes: number, most: number) => Math.max(1, Math.min(bytes, Math.floor(most)));
  return {
    ...defaultLimits,
    maxFileBytes: within(defaultLimits.maxFileBytes, maxDocumentBytes),
    maxYamlBytes: within(defaultLimits.maxYamlBytes, maxDocumentBytes / yamlToJsonHeap),
    maxTotalBytes: within(defaultLimits.maxTotalBytes, maxDocumentBytes),
  };
}
