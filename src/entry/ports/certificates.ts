import { join } from "node:path";
import { localFiles } from "./files.ts";

const maxBundleBytes = 16 * 1024 * 1024;
const maxFolderFiles = 2000;

/** Certificates (PEM) that `SSL_CERT_FILE` and the folders of `SSL_CERT_DIR` add; undefined where neither is set. */
export async function readExtraCertificates(
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const file = env.SSL_CERT_FILE;
  const folders = (env.SSL_CERT_DIR ?? "").split(":").filter((folder) => folder !== "");
  const texts: string[] = [];
  if (file !== undefined && file !== "") texts.push(await readText(file));
  for (const folder of folders) {
    if ((await localFiles.kindOf(folder)) !== "directory") continue;
    for (const name of await localFiles.list(folder, { maxFiles: maxFolderFiles })) {
      const text = await readText(join(folder, name));
      if (text.includes("-----BEGIN CERTIFICATE-----")) texts.push(text);
    }
  }
  return texts.length === 0 ? undefined : texts.join("\n");
}

async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await localFiles.read(path, { maxBytes: maxBundleBytes }));
}
