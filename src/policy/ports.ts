import type { OciArtefactPort } from "./oci-port.ts";

/** A file of a policy source: its path below the source's root, with `/` between the parts. */
export interface SourceFile {
  path: string;
  bytes: Uint8Array;
}

/** How much of one source is read. */
export interface SourceBounds {
  maxFiles: number;
  /** Sum over all files. */
  maxBytes: number;
}

/** The local disk. Paths are what the user wrote; relative ones count from the working directory. */
export interface FilePort {
  /** What is there; undefined where nothing is. */
  kindOf(path: string): Promise<"file" | "directory" | undefined>;
  /** Rejects with any error when the file is larger than `maxBytes` or cannot be read. */
  read(path: string, options: { maxBytes: number; signal?: AbortSignal }): Promise<Uint8Array>;
  /**
   * The regular files below a directory, links followed, as paths below it with `/` between the parts, sorted.
   * Rejects when there are more than `maxFiles`.
   */
  list(path: string, options: { maxFiles: number; signal?: AbortSignal }): Promise<readonly string[]>;
}

export interface GitTreeRequest {
  /** `https://host/path.git`, or a local path. May hold user information, which must not be logged. */
  url: string;
  /** Branch, tag or commit; the remote's default branch where absent. */
  ref?: string;
  /** Only this folder's files, with paths below it; `""` for all. */
  subdir: string;
}

export interface GitTree {
  /** 40 (or 64) hexadecimal digits. */
  commit: string;
  files: readonly SourceFile[];
}

/** Git. A remote that cannot be reached rejects with an error whose `retryable` is true. */
export interface GitPort {
  fetchTree(request: GitTreeRequest, options: { bounds: SourceBounds; signal?: AbortSignal }): Promise<GitTree>;
}

/** Downloads over HTTPS. Redirects to plain HTTP are refused. Network faults reject with `retryable: true`. */
export interface HttpPort {
  get(url: string, options: { maxBytes: number; signal?: AbortSignal }): Promise<Uint8Array>;
}

/** Where policy sources come from. */
export interface SourcePorts {
  files: FilePort;
  git: GitPort;
  http: HttpPort;
  oci: OciArtefactPort;
}

/** Where a policy's configuration may come from. */
export type PolicyTextPorts = Pick<SourcePorts, "files" | "git" | "http">;
