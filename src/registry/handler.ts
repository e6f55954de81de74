import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { toErrorMessage } from "../types/index.ts";
import { type Authentication, createAuthentication, type Need } from "./authentication.ts";
import { answerBlob } from "./blobs.ts";
import { RegistryError } from "./errors.ts";
import { type Answer, createMethodRefusal, type Exchange, skipRest, toJsonBytes } from "./exchange.ts";
import { createInterception } from "./interception.ts";
import { createKeyedLock, type KeyedLock } from "./keyed-lock.ts";
import { answerReferrers, answerTags } from "./listings.ts";
import { answerManifest } from "./manifests.ts";
import type { RegistryAction, RegistryHandler, RegistryOptions } from "./options.ts";
import { createRecorder } from "./recorder.ts";
import { parseRoute, type Route } from "./route.ts";
import { type Settings, toSettings } from "./settings.ts";
import { createUploadEnds, type Uploads } from "./uploads.ts";

interface Parts {
  settings: Settings;
  uploads: Uploads;
  authentication: Authentication | undefined;
  /** One change at a time of each repository's manifests. */
  locked: KeyedLock;
}

/**
 * An OCI registry (distribution-spec 1.1) that answers the requests of a `node:http` server. It never throws: whatever
 * goes wrong becomes an answer, 500 for what it did not expect.
 */
export function createRegistry(options: RegistryOptions = {}): RegistryHandler {
  const settings = toSettings(options);
  const authentication = options.auth === undefined ? undefined : createAuthentication(options.auth);
  const parts: Parts = { settings, uploads: createUploadEnds(settings), authentication, locked: createKeyedLock() };
  const recorder = createRecorder(settings.maxRecordedRequests);
  const intercept = options.intercept === undefined ? undefined : createInterception(options.intercept);
  return {
    async handle(request, response) {
      const exchange = toExchange(request);
      let answer: Answer | "disconnect";
      try {
        const intercepted = await intercept?.(exchange);
        answer = intercepted === undefined ? await route(parts, exchange) : toAnswer(intercepted);
      } catch (thrown) {
        answer = toErrorAnswer(settings, thrown);
      }
      const status = answer === "disconnect" ? 0 : answer.status;
      recorder.record({ method: exchange.method, path: exchange.path, query: exchange.query.toString(), status });
      await send(settings, exchange, response, answer);
      skipRest(request);
    },
    get requests() {
      return recorder.requests;
    },
    get requestCount() {
      return recorder.count;
    },
    forgetRequests: () => recorder.forget(),
  };
}

function toExchange(request: IncomingMessage): Exchange {
  // A proxy may pass the whole address on (RFC 9112, 3.2.2).
  const target = (request.url ?? "/").replace(/^https?:\/\/[^/?]*/i, "");
  const mark = target.indexOf("?");
  return {
    method: request.method ?? "GET",
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1)),
    headers: request.headers,
    isEncrypted: "encrypted" in request.socket,
    body: request.iterator({ destroyOnReturn: false }),
  };
}

async function route(parts: Parts, exchange: Exchange): Promise<Answer> {
  const found = parseRoute(exchange.path);
  if (found === undefined) {
    throw new RegistryError("expected a path of the OCI distribution specification", {
      code: "UNSUPPORTED",
      status: 404,
    });
  }
  if (found.kind === "token") {
    if (parts.authentication !== undefined) return await parts.authentication.answerToken(exchange);
    throw new RegistryError("this registry needs no token", { code: "UNSUPPORTED", status: 404 });
  }
  parts.authentication?.assertAllowed(exchange, toNeed(found, exchange.method));
  return await answerRoute(parts, exchange, found);
}

async function answerRoute(
  parts: Parts,
  exchange: Exchange,
  found: Exclude<Route, { kind: "token" }>,
): Promise<Answer> {
  const { settings, uploads, authentication } = parts;
  switch (found.kind) {
    case "ping":
      if (exchange.method !== "GET" && exchange.method !== "HEAD") throw createMethodRefusal(exchange, ["GET", "HEAD"]);
      return { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from("{}") };
    case "manifest":
      return await answerManifest(settings, exchange, { ...found, locked: parts.locked });
    case "blob":
      return await answerBlob(settings, exchange, found.repository, found.digest);
    case "tags":
      return await answerTags(settings, exchange, found.repository);
    case "referrers":
      return await answerReferrers(settings, exchange, found.repository, found.digest);
    case "upload-start":
      return await uploads.answerStart(
        exchange,
        found.repository,
        (from) =>
          authentication === undefined ||
          (from !== undefined && authentication.isAllowed(exchange, { repository: from, actions: ["pull"] })),
      );
    case "upload":
      return await uploads.answerUpload(exchange, found.repository, found.id);
  }
}

function toNeed(found: Route, method: string): Need | undefined {
  if (!("repository" in found)) return undefined;
  return { repository: found.repository, actions: toActions(found, method) };
}

function toActions(found: Route, method: string): readonly RegistryAction[] {
  if (found.kind === "upload" || found.kind === "upload-start") return ["pull", "push"];
  if (method === "GET" || method === "HEAD") return ["pull"];
  return method === "DELETE" ? ["delete"] : ["pull", "push"];
}

function toAnswer(intercepted: Exclude<Awaited<ReturnType<ReturnType<typeof createInterception>>>, undefined>) {
  if (intercepted === "disconnect") return intercepted;
  const { status, headers, body } = intercepted;
  return {
    status,
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body: typeof body === "string" ? Buffer.from(body) : body }),
  };
}

function toErrorAnswer(settings: Settings, thrown: unknown): Answer {
  const headers = { "content-type": "application/json" };
  if (thrown instanceof RegistryError) {
    const body = toJsonBytes({ errors: thrown.entries });
    if (thrown.status >= 500) settings.log.error(`registry: ${toErrorMessage(thrown)}`);
    return { status: thrown.status, headers: { ...headers, ...thrown.headers }, body };
  }
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  // A client that went away in the middle of its body is no fault of the registry.
  settings.log[code === "ECONNRESET" ? "debug" : "error"](`registry: ${toErrorMessage(thrown)}`);
  if (code === "ENOSPC" || code === "EDQUOT") {
    const message = "expected room on the registry's disk, there is none; free some, or ask who runs it";
    return { status: 507, headers, body: toJsonBytes({ errors: [{ code: "DENIED", message }] }) };
  }
  const errors = [{ code: "UNKNOWN", message: "the registry failed; its log says why" }];
  return { status: 500, headers, body: toJsonBytes({ errors }) };
}

async function send(
  settings: Settings,
  exchange: Exchange,
  response: ServerResponse,
  answer: Answer | "disconnect",
): Promise<void> {
  if (answer === "disconnect") {
    response.destroy();
    return;
  }
  const { body } = answer;
  response.statusCode = answer.status;
  response.setHeader("docker-distribution-api-version", "registry/2.0");
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  if (body === undefined || body instanceof Uint8Array) {
    if (!response.hasHeader("content-length") && answer.status !== 204 && answer.status !== 304) {
      response.setHeader("content-length", body?.length ?? 0);
    }
    response.end(exchange.method === "HEAD" ? undefined : body);
    return;
  }
  if (exchange.method === "HEAD") {
    response.end();
    return;
  }
  try {
    await pipeline(body, response);
  } catch (thrown) {
    // The client went away, or a read failed after the head was sent: all that is left is to cut the connection.
    const level = thrown instanceof RegistryError ? "error" : "debug";
    settings.log[level](`registry: ${toErrorMessage(thrown)}`);
    response.destroy();
  }
}
