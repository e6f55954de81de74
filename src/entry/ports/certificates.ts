import { delimiter, join } from "node:path";
import { localFiles } from "./files.ts";

const maxBundleBytes = 16 * 1024 * 1024;
const maxFolderFiles = 2000;

/**
 * Certificates (PEM) that `SSL_CERT_FILE` and the folders of `SSL_CERT_DIR` add; undefined where neither is set: what
 * `NODE_EXTRA_CA_CERTS` names is then trusted by Node itself, and is among them where Node is given a list of ours.
 */
export async function readExtraCertificates(
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const file = env.SSL_CERT_FILE ?? "";
  const folders = (env.SSL_CERT_DIR ?? "").split(delimiter).filter((folder) => folder !== "");
  const certificates = new Set<string>();
  if (file !== "") addCertificates(await readText(file), certificates);
  for (const folder of folders) {
    if ((await localFiles.kindOf(folder)) !== "directory") continue;
    for (const name of await localFiles.list(folder, { maxFiles: maxFolderFiles })) {
      addCertificates(await readText(join(folder, name)), certificates);
    }
  }
  if (certificates.size === 0) return undefined;
  addCertificates(await readNodeCertificates(env.NODE_EXTRA_CA_CERTS ?? ""), certificates);
  return [...certificates].join("\n");
}

/** Node warns of a file that it cannot read when it starts, and goes on without it. */
async function readNodeCertificates(path: string): Promise<string> {
  return path === "" ? "" : await readText(path).catch(() => "");
}

/** Folders of certificates hold each one twice: alone, and in a bundle. */
function addCertificates(text: string, certificates: Set<string>): void {
  for (const [certificate] of text.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)) {
    certificates.add(certificate);
  }
}

async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await localFiles.read(path, { maxBytes: maxBundleBytes }));
}
