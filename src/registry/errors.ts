import { StageError } from "../types/index.ts";

/**
 * Error codes of OCI distribution-spec 1.1, "Error Codes", and four that registries add to them. `STORE_UNUSABLE` never
 * leaves the process: the store's folder cannot be opened.
 */
export type RegistryErrorCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_INVALID"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "SIZE_INVALID"
  | "TAG_INVALID"
  | "UNAUTHORIZED"
  | "DENIED"
  | "UNSUPPORTED"
  | "TOOMANYREQUESTS"
  | "PAGINATION_NUMBER_INVALID"
  | "RANGE_INVALID"
  | "PRECONDITION_FAILED"
  | "UNKNOWN"
  | "STORE_UNUSABLE";

/** One entry of an error body (distribution-spec 1.1, "Error Codes"). */
export interface ErrorEntry {
  code: RegistryErrorCode;
  message: string;
  detail?: unknown;
}

export interface RegistryErrorOptions {
  code: RegistryErrorCode;
  /** HTTP status of the answer. */
  status: number;
  subject?: string;
  headers?: Readonly<Record<string, string>>;
  /** What stands in the error body beside code and message. */
  detail?: unknown;
  /** Every problem, where there are several; default: this one. */
  entries?: readonly ErrorEntry[];
  cause?: unknown;
}

/** A request that the registry refuses: becomes an HTTP answer with a body as distribution-spec 1.1 wants it. */
export class RegistryError extends StageError<RegistryErrorCode> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly entries: readonly ErrorEntry[];

  constructor(message: string, options: RegistryErrorOptions) {
    super(message, {
      code: options.code,
      ...(options.subject === undefined ? {} : { subject: options.subject }),
      ...(options.cause === undefined ? {} : { cause: options.cause }),
    });
    this.status = options.status;
    this.headers = options.headers ?? {};
    const entry: ErrorEntry = { code: options.code, message };
    if (options.detail !== undefined) entry.detail = options.detail;
    this.entries = options.entries ?? [entry];
  }
}
