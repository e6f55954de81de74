import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { bundle } from "../sealcheck.ts";

/** `sealcheck registry` in a process of its own. */
export interface RunningProgram {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Sends the signal and waits for the end: the exit code, or the signal's name where that ended it. */
  stop(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

/** Starts the bundle's registry on a free port and waits until it is ready. */
export async function startProgram(...flags: string[]): Promise<RunningProgram> {
  const child = spawn(process.execPath, [bundle, "registry", "--port=0", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const line = once(createInterface({ input: child.stdout }), "line") as Promise<[string]>;
  const early = ended.then(([code]) => Promise.reject(new Error(`ended with ${code} before it was ready`)));
  // Also fails when the registry ends later, and nobody waits for it then.
  early.catch(() => {});
  const [url] = await Promise.race([line, early]);
  return {
    url,
    async stop(signal) {
      child.kill(signal);
      const [code, by] = await ended;
      return code ?? by;
    },
  };
}

export const imageType = "application/vnd.oci.image.manifest.v1+json";
export const indexType = "application/vnd.oci.image.index.v1+json";

export function digestOf(bytes: string | Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Pushes a blob with one request; returns its digest. */
export async function pushBlob(url: string, repository: string, bytes: string | Uint8Array): Promise<string> {
  const digest = digestOf(bytes);
  const target = `${url}/v2/${repository}/blobs/uploads/?digest=${digest}`;
  const response = await fetch(target, { method: "POST", body: Buffer.from(bytes) });
  if (response.status !== 201) throw new Error(`expected 201, got ${response.status}: ${await response.text()}`);
  return digest;
}

/** An image manifest of these blobs as text: the first is its configuration. */
export function toImage(...blobs: readonly { digest: string; size: number }[]): string {
  const [config, ...layers] = blobs;
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: imageType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
    layers: layers.map((layer) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar", ...layer })),
  });
}

export async function putManifest(
  url: string,
  repository: string,
  reference: string,
  text: string,
  type: string = imageType,
): Promise<Response> {
  return await fetch(`${url}/v2/${repository}/manifests/${reference}`, {
    method: "PUT",
    body: text,
    headers: { "content-type": type },
  });
}
