import { readdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { EntryError } from "../errors.ts";
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
  for (const folder of folders) await addFolder(folder, certificates);
  if (certificates.size === 0) return undefined;
  addCertificates(await readNodeCertificates(env.NODE_EXTRA_CA_CERTS ?? ""), certificates);
  return [...certificates].join("\n");
}

/**
 * The files of one folder, as OpenSSL and Go's programs read it: not those below. What cannot be read, or is no file, adds
 * nothing; what it would have vouched for is then not trusted.
 */
async function addFolder(folder: string, certificates: Set<string>): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.length > maxFolderFiles) {
    throw new EntryError(`${folder}, named by SSL_CERT_DIR, holds more than ${maxFolderFiles} files`, {
      code: "too-many-files",
      subject: folder,
    });
  }
  for (const name of names.sort()) addCertificates(await readText(join(folder, name)).catch(() => ""), certificates);
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
