// Runs a tool of node_modules on Node 24, wherever it is started. Node 24 comes with `npm ci` as an optional dependency
// of the platform; a Node that is new enough already is used as it is.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const wantedMajor = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

function findNode24() {
  if (Number(process.versions.node.split(".")[0]) >= wantedMajor) return process.execPath;
  const platform = process.platform === "win32" ? "win" : process.platform;
  const folder = join(root, "node_modules", `node-${platform}-${process.arch}`);
  const binary = process.platform === "win32" ? join(folder, "bin", "node.exe") : join(folder, "bin", "node");
  return existsSync(binary) ? binary : undefined;
}

/** The file behind a tool's name in `node_modules/.bin`, found through its package.json: no shell, no symbolic link. */
function findTool(name) {
  const packages = { vitest: "vitest", tsc: "typescript", biome: "@biomejs/biome" };
  const require = createRequire(join(root, "package.json"));
  const packageName = packages[name];
  if (packageName === undefined) return join(root, name);
  const manifestPath = findManifest(require, packageName);
  const bin = JSON.parse(readFileSync(manifestPath, "utf8")).bin;
  return join(dirname(manifestPath), typeof bin === "string" ? bin : bin[name]);
}

function findManifest(require, packageName) {
  for (const folder of require.resolve.paths(packageName) ?? []) {
    const candidate = join(folder, packageName, "package.json");
    if (existsSync(candidate)) return candidate;
  }
  throw new Error(`${packageName} is not installed: run \`npm ci\` first`);
}

const node = findNode24();
if (node === undefined) {
  console.error(
    `The tests run on Node ${wantedMajor} or newer; this is Node ${process.versions.node} and npm installed no Node ${wantedMajor} for ` +
      `${process.platform}-${process.arch}. Run \`npm ci\` with optional dependencies, or start from Node ${wantedMajor}.`,
  );
  process.exit(2);
}

const [tool, ...args] = process.argv.slice(2);
const child = spawn(node, [findTool(tool), ...args], { stdio: "inherit", cwd: root });
child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
