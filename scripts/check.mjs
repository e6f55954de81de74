// The one gate, locally and in CI: types, format and lint, tests (the import graph is one of them), dist/ is what src/ builds.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const withoutTests = process.argv.includes("--no-tests");

const steps = [
  ["types", () => onNode24("tsc", "--noEmit")],
  ["format and lint", () => onNode24("biome", "check", ".")],
  ["dist/ is what src/ builds", compareBundle],
  ...(withoutTests ? [] : [["tests", () => onNode24("vitest", "run")]]),
];

let failed = 0;
for (const [name, run] of steps) {
  const passed = run();
  console.log(`${passed ? "ok  " : "FAIL"} ${name}`);
  if (!passed) failed += 1;
}
console.log(`${steps.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

function onNode24(...args) {
  return (
    spawnSync(process.execPath, [join(root, "scripts", "on-node24.mjs"), ...args], { stdio: "inherit", cwd: root })
      .status === 0
  );
}

function compareBundle() {
  const folder = mkdtempSync(join(tmpdir(), "sealcheck-dist-"));
  try {
    const built = spawnSync(process.execPath, [join(root, "scripts", "build.mjs"), folder], {
      stdio: "inherit",
      cwd: root,
    });
    if (built.status !== 0) return false;
    const names = new Set([...readdirSync(folder), ...readdirSync(join(root, "dist"))]);
    const differing = [...names].filter((name) => read(join(folder, name)) !== read(join(root, "dist", name)));
    if (differing.length > 0)
      console.error(`dist/ differs in ${differing.join(", ")}: run \`npm run build\` and commit it`);
    return differing.length === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
