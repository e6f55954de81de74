import { createHash, createHmac } from "node:crypto";
import { compareStrings, formatValue, RegoObject, RegoSet, toBigInt, toJsonText, type Value } from "../value/index.ts";
import { type BuiltinTable, toFailure } from "./builtin.ts";
import { isObject, numberOperand, objectOperand, toOperandError, toTypeError } from "./operands.ts";
import { parseUrl } from "./schema/formats.ts";
import { toLocalTime, utc } from "./time/calendar.ts";
import { formatTime } from "./time/format.ts";

const requiredConfiguration = ["aws_access_key", "aws_region", "aws_secret_access_key", "aws_service"];

/** The keys that OPA's requests may have. */
const requestKeys = new Set([
  "method",
  "url",
  "body",
  "enable_redirect",
  "force_json_decode",
  "force_yaml_decode",
  "headers",
  "raw_body",
  "tls_use_system_certs",
  "tls_ca_cert",
  "tls_ca_cert_file",
  "tls_ca_cert_env_variable",
  "tls_client_cert",
  "tls_client_cert_file",
  "tls_client_cert_env_variable",
  "tls_client_key",
  "tls_client_key_file",
  "tls_client_key_env_variable",
  "tls_insecure_skip_verify",
  "tls_server_name",
  "timeout",
  "cache",
  "force_cache",
  "force_cache_duration_seconds",
  "raise_error",
  "caching_mode",
  "max_retry_attempts",
  "cache_ignored_headers",
]);

function show(keys: readonly Value[]): string {
  return formatValue(RegoSet.from(keys));
}

function checkConfiguration(configuration: RegoObject): void {
  const missing = requiredConfiguration.filter((key) => !configuration.has(key));
  if (missing.length > 0) throw toOperandError(2, `missing required AWS config parameters(s): ${show(missing)}`);
  const invalid = requiredConfiguration.filter((key) => typeof configuration.get(key) !== "string");
  if (invalid.length > 0) {
    throw toOperandError(2, `invalid values for required AWS config parameters(s): ${show(invalid)}`);
  }
}

function checkRequest(request: RegoObject): { url: string; method: string; headers: RegoObject } {
  const unknown = request.keys().filter((key) => typeof key !== "string" || !requestKeys.has(key));
  if (unknown.length > 0) throw toOperandError(1, `invalid request parameters(s): ${show(unknown)}`);
  const missing = ["method", "url"].filter((key) => !request.has(key));
  if (missing.length > 0) throw toOperandError(1, `missing required request parameters(s): ${show(missing)}`);
  const headers = request.get("headers") ?? RegoObject.empty;
  if (!isObject(headers)) throw toTypeError(0, headers, "object");
  const [url, method] = [request.get("url"), request.get("method")];
  if (typeof url === "string" && typeof method === "string") return { url, method, headers };
  const invalid = ["method", "url"].filter((key) => typeof request.get(key) !== "string");
  throw toOperandError(1, `invalid values for required request parameters(s): ${show(invalid)}`);
}

function text(object: RegoObject, key: string): string {
  const value = object.get(key);
  return typeof value === "string" ? value : "";
}

function bodyOf(request: RegoObject): string {
  if (request.has("raw_body")) return text(request, "raw_body");
  const body = request.get("body");
  return body === undefined ? "" : toJsonText(body);
}

interface UrlParts {
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

function splitUrl(url: string): UrlParts {
  if (parseUrl(url) === undefined) throw toFailure(`parse ${JSON.stringify(url)}: invalid URL`);
  const match = /^(?:[^:/?#]+:)?(?:\/\/(?:[^/?#@]*@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?/.exec(url);
  return { host: match?.[1] ?? "", path: match?.[2] ?? "", query: match?.[3] ?? "" };
}

/** Headers that proxies may change are not signed. */
const unsignedHeaders = new Set(["authorization", "user-agent", "x-amzn-trace-id"]);

function sha256(data: string): string {
  return createHash("sha256").update(data, "utf8").digest("hex");
}

function hmac(key: string | Buffer, message: string): Buffer {
  return createHmac("sha256", key).update(message, "utf8").digest();
}

interface Signing {
  readonly configuration: RegoObject;
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly headers: RegoObject;
  readonly timeNs: bigint;
}

/** The headers that Signature Version 4 adds (AWS, "Signing AWS API requests"), `Authorization` among them. */
function sign({ configuration, method, url, body, headers, timeNs }: Signing): Map<string, string> {
  const time = toLocalTime(timeNs, utc);
  const [date, dateTime] = [formatTime(time, "20060102"), formatTime(time, "20060102T150405Z")];
  const { host, path, query } = splitUrl(url);
  const service = text(configuration, "aws_service");
  const isUnsigned = configuration.get("disable_payload_signing") === true;
  const contentHash = isUnsigned ? "UNSIGNED-PAYLOAD" : sha256(body);
  const added = new Map([
    ["host", host],
    ["x-amz-date", dateTime],
  ]);
  if (service === "s3" || service === "glacier") added.set("x-amz-content-sha256", contentHash);
  const token = text(configuration, "aws_session_token");
  if (token !== "") added.set("x-amz-security-token", token);
  const signed = new Map(added);
  for (const [key, value] of headers.entries()) {
    const name = typeof key === "string" ? key.toLowerCase() : "";
    if (!unsignedHeaders.has(name)) signed.set(name, typeof value === "string" ? value : "");
  }
  const names = [...signed.keys()].sort(compareStrings);
  const lines = names.map((name) => `${name}:${signed.get(name) ?? ""}\n`).join("");
  const list = names.join(";");
  const canonical = `${method}\n${path}\n${query}\n${lines}\n${list}\n${contentHash}`;
  const scope = `${date}/${text(configuration, "aws_region")}/${service}/aws4_request`;
  const toSign = `AWS4-HMAC-SHA256\n${dateTime}\n${scope}\n${sha256(canonical)}`;
  const key = [text(configuration, "aws_region"), service, "aws4_request"].reduce(
    (current, part) => hmac(current, part),
    hmac(`AWS4${text(configuration, "aws_secret_access_key")}`, date),
  );
  const credential = `AWS4-HMAC-SHA256 Credential=${text(configuration, "aws_access_key")}/${scope}`;
  const authorization = `${credential},SignedHeaders=${list},Signature=${hmac(key, toSign).toString("hex")}`;
  return new Map([["Authorization", authorization], ...added]);
}

/** The request with signed headers. */
function signRequest(args: readonly Value[]): Value {
  const request = objectOperand(args, 1);
  // OPA's message names operand 1 for all three.
  const configuration = objectOperand(args.slice(1), 1);
  checkConfiguration(configuration);
  const timeNs = toBigInt(numberOperand(args.slice(2), 1));
  if (timeNs === undefined || BigInt.asIntN(64, timeNs) !== timeNs) {
    throw toOperandError(3, "could not convert time_ns value into a unix timestamp");
  }
  const { url, method, headers } = checkRequest(request);
  const flag = configuration.get("disable_payload_signing");
  if (flag !== undefined && typeof flag !== "boolean") {
    throw toOperandError(2, "invalid value for 'disable_payload_signing' in AWS config");
  }
  const added = sign({ configuration, method, url, body: bodyOf(request), headers, timeNs });
  const kept = headers.entries().map(([key, value]) => [key, typeof value === "string" ? value : ""] as const);
  const signedHeaders = RegoObject.from([...kept, ...added]);
  return RegoObject.from([...request.entries(), ["headers", signedHeaders]]);
}

export const aws: BuiltinTable = { "providers.aws.sign_req": signRequest };
