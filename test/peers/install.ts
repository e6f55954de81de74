import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";

const run = promisify(execFile);

interface Peer {
  version: string;
  /** What `go install` is given; or the folder beside this file whose go.mod has it as a tool. */
  module?: string;
  tool?: string;
  binary: string;
}

/** Pinned versions of the programs that Sealcheck has to agree with. */
const peers = {
  registry: { version: "3.0.0", module: "github.com/distribution/distribution/v3/cmd/registry", binary: "registry" },
  cosign3: { version: "3.1.3", module: "github.com/sigstore/cosign/v3/cmd/cosign", binary: "cosign" },
  cosign2: { version: "2.6.5", module: "github.com/sigstore/cosign/v2/cmd/cosign", binary: "cosign" },
  opa: { version: "1.15.2", module: "github.com/open-policy-agent/opa", binary: "opa" },
  crane: { version: "0.22.1", module: "github.com/google/go-containerregistry/cmd/crane", binary: "crane" },
  regctl: { version: "0.11.7", module: "github.com/regclient/regclient/cmd/regctl", binary: "regctl" },
  olareg: { version: "0.1.2", tool: "github.com/olareg/olareg/cmd/olareg", binary: "olareg" },
} as const satisfies Record<string, Peer>;

export type PeerName = keyof typeof peers;

/** Paths of the installed programs; undefined where Go is missing: then nothing can be compared. */
export type Peers = Record<PeerName, string> | undefined;

/** `skopeo`, and the folder of its libraries where they are not the system's; undefined where neither PATH nor apt has it. */
export type Skopeo = { binary: string; libraries?: string } | undefined;

declare module "vitest" {
  interface ProvidedContext {
    peers: Peers;
    /** Path of Debian's `docker-registry` (distribution 2.8); undefined where apt does not have it. */
    debianRegistry: string | undefined;
    skopeo: Skopeo;
  }
}

/** Installs what is missing into a folder that outlives the run (`SEALCHECK_PEERS`, default: the user's cache). */
export async function setup(project: TestProject): Promise<void> {
  const cache =
    process.env.SEALCHECK_PEERS ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "sealcheck", "peers");
  project.provide("debianRegistry", await installDebianRegistry(cache));
  project.provide("skopeo", await installSkopeo(cache));
  if (!(await hasGo())) {
    console.warn(
      `skipped: everything that needs ${Object.keys(peers).join(", ")}, which are installed with Go, and Go is not on the PATH`,
    );
    project.provide("peers", undefined);
    return;
  }
  const paths: Partial<Record<PeerName, string>> = {};
  for (const [name, peer] of Object.entries(peers)) paths[name as PeerName] = await install(name, peer, cache);
  project.provide("peers", paths as Record<PeerName, string>);
}

async function hasGo(): Promise<boolean> {
  return await run("go", ["version"]).then(
    () => true,
    () => false,
  );
}

async function install(name: string, peer: Peer, cache: string): Promise<string> {
  const folder = join(cache, `${name}-${peer.version}`);
  const binary = join(folder, process.platform === "win32" ? `${peer.binary}.exe` : peer.binary);
  if (existsSync(binary)) return binary;
  console.log(`installing ${name} ${peer.version} with Go`);
  mkdirSync(folder, { recursive: true });
  const env = { ...process.env, GOBIN: folder, GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local" };
  const options = { env, maxBuffer: 64 * 1024 * 1024 };
  if (peer.module !== undefined) await run("go", ["install", `${peer.module}@v${peer.version}`], options);
  else if (peer.tool !== undefined) await buildTool(name, peer.tool, binary, options);
  if (!existsSync(binary)) throw new Error(`${name} was installed, and is not at ${binary}`);
  return binary;
}

/** Debian's build of distribution 2.8. */
async function installDebianRegistry(cache: string): Promise<string | undefined> {
  const folder = await unpackDebian(cache, { name: "docker-registry", packages: ["docker-registry"] });
  return folder && join(folder, "usr", "bin", "docker-registry");
}

/** The system's, else Debian's with the libraries that it needs. */
async function installSkopeo(cache: string): Promise<Skopeo> {
  const isThere = await run("skopeo", ["--version"]).then(
    () => true,
    () => false,
  );
  if (isThere) return { binary: "skopeo" };
  const packages = ["skopeo", "libgpgme11", "libassuan0", "libdevmapper1.02.1"];
  const folder = await unpackDebian(cache, { name: "skopeo", packages });
  if (folder === undefined) return undefined;
  const library = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((path) =>
    path.includes("libgpgme.so"),
  );
  return {
    binary: join(folder, "usr", "bin", "skopeo"),
    ...(library === undefined ? {} : { libraries: join(folder, dirname(library)) }),
  };
}

/**
 * Debian packages, unpacked into the cache: nothing is configured or started. Gives the folder, or undefined, and says so,
 * where there is no apt, or apt knows no such package.
 */
async function unpackDebian(
  cache: string,
  { name, packages }: { name: string; packages: readonly string[] },
): Promise<string | undefined> {
  const folder = join(cache, `debian-${name}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const unpacked = mkdtempSync(join(cache, "unpacked-"));
  try {
    await downloadPackages(packages, unpacked);
    const archives = readdirSync(unpacked).filter((file) => file.endsWith(".deb"));
    if (archives.length < packages.length)
      throw new Error("apt-get download left fewer packages than it was asked for");
    const content = join(unpacked, "content");
    for (const archive of archives) await run("dpkg-deb", ["--extract", join(unpacked, archive), content]);
    renameSync(content, folder);
    return folder;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.trim().split("\n").at(-1) : String(thrown);
    console.warn(`skipped: everything that needs Debian's ${name}, which apt could not give: ${reason}`);
    return undefined;
  } finally {
    rmSync(unpacked, { recursive: true, force: true });
  }
}

/** Package lists are fetched where they are missing, which only root may. */
async function downloadPackages(names: readonly string[], cwd: string): Promise<void> {
  const download = () => run("apt-get", ["download", ...names], { cwd });
  await download().catch(async (thrown: unknown) => {
    if (process.getuid?.() !== 0) throw thrown;
    await run("apt-get", ["update"]);
    await download();
  });
}

/** For modules that `go install` refuses: built from a go.mod of our own, in a copy, so that the checkout stays as it is. */
async function buildTool(
  name: string,
  tool: string,
  binary: string,
  options: { env: NodeJS.ProcessEnv; maxBuffer: number },
) {
  const folder = mkdtempSync(join(tmpdir(), "sealcheck-peer-"));
  try {
    cpSync(join(import.meta.dirname, name), folder, { recursive: true });
    await run("go", ["build", "-o", binary, tool], { ...options, cwd: folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
