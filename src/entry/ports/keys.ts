import type { HttpPort } from "../../policy/index.ts";
import { classifyKeyReference } from "../../sigstore/index.ts";
import { EntryError } from "../errors.ts";
import type { ClusterReader } from "./cluster.ts";
import { localFiles } from "./files.ts";

const maxKeyBytes = 64 * 1024;

export interface KeyPorts {
  env: Readonly<Record<string, string | undefined>>;
  http: HttpPort;
  cluster: ClusterReader;
}

/** Reads what a key's text stands for: PEM as it is, a file, an environment variable, an address, a secret of the cluster. */
export function createKeyReader(ports: KeyPorts): (key: string, signal: AbortSignal) => Promise<string> {
  return async (key, signal) => {
    const reference = classifyKeyReference(key);
    switch (reference.kind) {
      case "pem":
        return reference.pem;
      case "file":
        return await readKeyFile(reference.path, signal);
      case "http":
        return toText(await ports.http.get(reference.url, { maxBytes: maxKeyBytes, signal }));
      case "env":
        return readVariable(reference.name, ports.env);
      case "k8s": {
        const { namespace, secret, field } = reference;
        return await ports.cluster.readSecretField({ namespace, name: secret }, field, signal);
      }
      case "gitlab":
        throw toUnsupported(`${reference.kind}://`);
      case "unsupported":
        throw new EntryError(reference.message, { code: "key-unsupported", subject: reference.scheme });
    }
  };
}

async function readKeyFile(path: string, signal: AbortSignal): Promise<string> {
  try {
    return toText(await localFiles.read(path, { maxBytes: maxKeyBytes, signal }));
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    throw new EntryError(
      `expected a file with a public key (PEM), ${error.message}; check the path, or give the PEM text`,
      { code: error.code, subject: path, cause: error },
    );
  }
}

function readVariable(name: string, env: KeyPorts["env"]): string {
  const value = env[name];
  if (value !== undefined && value !== "") return value;
  throw new EntryError(`the key env://${name} names an environment variable that is not set`, {
    code: "key-unsupported",
    subject: name,
  });
}

function toUnsupported(scheme: string): EntryError {
  return new EntryError(`keys at ${scheme} are not read: give the key as PEM text, or as a file that holds it`, {
    code: "key-unsupported",
    subject: scheme,
  });
}

function toText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
