/** One request to the registry that images are pushed to. */
export interface PushRequest {
  method: "GET" | "HEAD" | "POST" | "PUT";
  /** Path and query, beginning with `/v2/`. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array;
}

export interface PushResponse {
  status: number;
  headers: ReadonlyMap<string, string>;
  body: Uint8Array;
}

/** A registry to push to. */
export interface PushTarget {
  /** Host and port, as they stand in references. */
  readonly registry: string;
  send(request: PushRequest): Promise<PushResponse>;
}

export interface HttpTargetOptions {
  /** Host and port: `127.0.0.1:5000`. */
  registry: string;
  /** Default `http`. */
  scheme?: "http" | "https";
  /** Value of the `Authorization` header, sent with every request. */
  authorization?: string;
  signal?: AbortSignal;
}

export function createHttpTarget(_options: HttpTargetOptions): PushTarget {
  throw new Error("not yet");
}
