import { DemoError } from "./errors.ts";

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
  /** The header's value by its name in lower case. */
  header(name: string): string | undefined;
  body: Uint8Array;
}

/** A registry to push to. */
export interface PushTarget {
  /** Host and port, as they stand in references. */
  readonly registry: string;
  /** @throws DemoError `registry_unreachable` where there is no answer, whatever its status */
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

const maxAnswerBytes = 64 * 1024 * 1024;

/** A target that is reached over the network. Redirects are not followed: a registry to push to gives none. */
export function createHttpTarget(options: HttpTargetOptions): PushTarget {
  const base = `${options.scheme ?? "http"}://${options.registry}`;
  return {
    registry: options.registry,
    async send(request) {
      const headers = {
        ...request.headers,
        ...(options.authorization === undefined ? {} : { authorization: options.authorization }),
      };
      const init: RequestInit = { method: request.method, headers, redirect: "manual" };
      if (request.body !== undefined) init.body = new Uint8Array(request.body);
      if (options.signal !== undefined) init.signal = options.signal;
      try {
        const response = await fetch(`${base}${request.path}`, init);
        const body = await readAnswer(response, options.registry);
        return { status: response.status, header: (name) => response.headers.get(name) ?? undefined, body };
      } catch (thrown) {
        options.signal?.throwIfAborted();
        if (thrown instanceof DemoError) throw thrown;
        throw new DemoError(`expected an answer from ${base}, the connection failed; see that the registry runs`, {
          code: "registry_unreachable",
          subject: options.registry,
          cause: thrown,
        });
      }
    },
  };
}

async function readAnswer(response: Response, registry: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.length;
    if (size > maxAnswerBytes) {
      throw new DemoError(`expected an answer of at most ${maxAnswerBytes} bytes from ${registry}, got more`, {
        code: "registry_refused",
        subject: registry,
      });
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}
