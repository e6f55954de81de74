import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readExtraCertificates } from "./certificates.ts";

const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----`;
let root = "";

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "sealcheck-certificates-"));
  for (const folder of ["one", "two", "empty", "odd", "odd/below", "full"]) mkdirSync(join(root, folder));
  writeFileSync(join(root, "file.pem"), `# of the company\n${pem("FILE")}\n${pem("TWICE")}\n`);
  writeFileSync(join(root, "node.pem"), `${pem("NODE")}\n`);
  writeFileSync(join(root, "one", "a.pem"), `${pem("ONE")}\n${pem("TWICE")}`);
  writeFileSync(join(root, "one", "README"), "no certificate");
  writeFileSync(join(root, "two", "b.crt"), pem("TWO"));
  writeFileSync(join(root, "odd", "below", "c.pem"), pem("BELOW"));
  writeFileSync(join(root, "odd", "d.pem"), pem("ODD"));
  writeFileSync(join(root, "odd", "huge"), "");
  truncateSync(join(root, "odd", "huge"), 17 * 1024 * 1024);
  symlinkSync(join(root, "absent"), join(root, "odd", "dangling.pem"));
  for (let number = 0; number <= 2000; number += 1) writeFileSync(join(root, "full", `${number}`), "");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const at = (...names: string[]) => names.map((name) => join(root, name)).join(delimiter);

describe("readExtraCertificates", () => {
  it.each([
    ["nothing", () => ({}), undefined],
    ["empty variables", () => ({ SSL_CERT_FILE: "", SSL_CERT_DIR: "" }), undefined],
    ["a file", () => ({ SSL_CERT_FILE: at("file.pem") }), ["FILE", "TWICE"]],
    ["folders", () => ({ SSL_CERT_DIR: at("one", "two") }), ["ONE", "TWICE", "TWO"]],
    ["folders that are not there, or hold none", () => ({ SSL_CERT_DIR: at("absent", "empty") }), undefined],
    [
      "a folder with others below, links to nowhere and files that are too large",
      () => ({ SSL_CERT_DIR: at("odd") }),
      ["ODD"],
    ],
    [
      "both, each certificate once",
      () => ({ SSL_CERT_FILE: at("file.pem"), SSL_CERT_DIR: at("one") }),
      ["FILE", "TWICE", "ONE"],
    ],
    [
      "a file, and what Node was told to trust, which a list of ours would hide",
      () => ({ SSL_CERT_FILE: at("file.pem"), NODE_EXTRA_CA_CERTS: at("node.pem") }),
      ["FILE", "TWICE", "NODE"],
    ],
    [
      "what Node was told to trust alone: it does so itself",
      () => ({ NODE_EXTRA_CA_CERTS: at("node.pem") }),
      undefined,
    ],
    [
      "a file, and one of Node's that is not there, which Node warns of",
      () => ({ SSL_CERT_DIR: at("two"), NODE_EXTRA_CA_CERTS: at("absent.pem") }),
      ["TWO"],
    ],
  ])("reads %s", async (_name, toEnv, expected) => {
    expect(await readExtraCertificates(toEnv())).toBe(expected?.map(pem).join("\n"));
  });

  it("refuses a folder of more than 2000 files", async () => {
    await expect(readExtraCertificates({ SSL_CERT_DIR: at("full") })).rejects.toMatchObject({ code: "too-many-files" });
  });

  it("refuses to go on without a file that SSL_CERT_FILE names", async () => {
    await expect(readExtraCertificates({ SSL_CERT_FILE: at("absent.pem") })).rejects.toThrow(/absent\.pem/);
  });
});
