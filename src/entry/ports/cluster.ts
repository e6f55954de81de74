import { isIPv6 } from "node:net";
import { join } from "node:path";
import { Agent, request } from "undici";
import { isJsonObject, type Json, type JsonObject, toErrorMessage } from "../../types/index.ts";
import { EntryError } from "../errors.ts";
import { localFiles } from "./files.ts";

/** A namespaced name; without a namespace it is in the one where this program runs. */
export interface ClusterName {
  namespace?: string;
  name: string;
}

/** The cluster that this program runs in. Each read is one GET request. Errors are EntryError "no-cluster", "cluster-failed". */
export interface ClusterReader {
  /** The text of a secret's field. */
  readSecretField(secret: ClusterName, field: string, signal: AbortSignal): Promise<string>;
  /** The `spec` of an `appstudio.redhat.com/v1alpha1` resource as JSON text. */
  readSpec(
    resource: "enterprisecontractpolicies" | "snapshots",
    name: ClusterName,
    signal: AbortSignal,
  ): Promise<string>;
}

export interface ClusterOptions {
  env: Readonly<Record<string, string | undefined>>;
  userAgent: string;
  /** Where Kubernetes puts the token, the certificate authority and the namespace; another folder in tests. */
  directory?: string;
}

const serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";
const maxAccountFileBytes = 1024 * 1024;
const maxAnswerBytes = 8 * 1024 * 1024;
const timeoutMs = 30_000;

/** Reads with the service account of the pod that this program runs in. */
export function createClusterReader(options: ClusterOptions): ClusterReader {
  const directory = options.directory ?? serviceAccountDirectory;

  async function readAccountFile(name: string, signal: AbortSignal): Promise<string> {
    const bytes = await localFiles.read(join(directory, name), { maxBytes: maxAccountFileBytes, signal });
    return new TextDecoder().decode(bytes).trim();
  }

  function toAddress(path: string, subject: string): URL {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = options.env;
    if (!host) {
      throw new EntryError(
        `${subject} is looked up in a Kubernetes cluster, and this does not run in one (KUBERNETES_SERVICE_HOST is not set): give a file or the text itself`,
        { code: "no-cluster", subject },
      );
    }
    return new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port || "443"}${path}`);
  }

  /** The namespace is read only where a name has none. */
  async function toPath(group: string, resource: string, name: ClusterName, signal: AbortSignal): Promise<string> {
    const namespace = name.namespace ?? (await readAccountFile("namespace", signal));
    return `${group}/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name.name)}`;
  }

  async function get(
    group: string,
    resource: string,
    name: ClusterName,
    signal: AbortSignal,
  ): Promise<{ object: JsonObject; subject: string }> {
    const subject = `${resource} ${name.namespace === undefined ? "" : `${name.namespace}/`}${name.name}`;
    toAddress("/", subject);
    const address = toAddress(await toPath(group, resource, name, signal), subject);
    const [token, ca] = await Promise.all([readAccountFile("token", signal), readAccountFile("ca.crt", signal)]);
    const dispatcher = new Agent({ connect: { ca } });
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const headers = { authorization: `Bearer ${token}`, accept: "application/json", "user-agent": options.userAgent };
      const response = await request(address, { dispatcher, signal: deadline, headers });
      const text = await readAnswer(response.body, subject);
      if (response.statusCode !== 200) throw toStatusFault(response.statusCode, subject);
      return { object: parseAnswer(text, subject), subject };
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof EntryError ? error : toNetworkFault(subject, error);
    } finally {
      await dispatcher.destroy();
    }
  }

  return {
    async readSecretField(secret, field, signal) {
      const { object, subject } = await get("/api/v1", "secrets", secret, signal);
      const value = isJsonObject(object.data) ? object.data[field] : undefined;
      if (typeof value === "string" && value !== "") return Buffer.from(value, "base64").toString("utf8");
      throw new EntryError(`${subject} has no field ${field}`, { code: "cluster-failed", subject });
    },
    async readSpec(resource, name, signal) {
      const { object, subject } = await get("/apis/appstudio.redhat.com/v1alpha1", resource, name, signal);
      if (isJsonObject(object.spec)) return JSON.stringify(object.spec);
      throw new EntryError(`${subject} has no spec`, { code: "cluster-failed", subject });
    },
  };
}

async function readAnswer(body: AsyncIterable<Uint8Array>, subject: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxAnswerBytes) {
      throw new EntryError(`${subject} is larger than ${maxAnswerBytes} bytes`, { code: "cluster-failed", subject });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseAnswer(text: string, subject: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json;
    if (isJsonObject(value)) return value;
  } catch {
    // Answered below, like any other text that is no object.
  }
  throw new EntryError(`the cluster's answer for ${subject} is no JSON object`, { code: "cluster-failed", subject });
}

function toStatusFault(status: number, subject: string): EntryError {
  const advice =
    status === 404
      ? "it does not exist"
      : status === 401 || status === 403
        ? "the task's service account may not get it: give it a role that allows this"
        : "try again later";
  return new EntryError(`${subject} could not be read from the cluster, which answered ${status}: ${advice}`, {
    code: "cluster-failed",
    subject,
    retryable: status === 429 || status >= 500,
  });
}

function toNetworkFault(subject: string, error: unknown): EntryError {
  return new EntryError(`${subject} could not be read from the cluster: ${toErrorMessage(error)}`, {
    code: "cluster-failed",
    subject,
    retryable: true,
    cause: error,
  });
}
