// Runs the OCI distribution-spec conformance suite against `sealcheck registry`, on both stores and with sparse content.
//
//     npm run test:oci-conformance -- --suite PATH [--bundle FILE]
//
// PATH is the suite's program: `go build` in the folder conformance/ of github.com/opencontainers/distribution-spec.
// FILE is the bundle to test; without it one is built from src/.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const startTimeoutMs = 30_000;
const suiteTimeoutMs = 10 * 60_000;

/** `dev` is the specification's main branch: it adds cancelled uploads, tags beside a digest and digest headers to 1.1. */
const rounds = [
  { name: "version 1.1, folder", flags: (folder) => [`--dir=${join(folder, "store")}`], env: { OCI_VERSION: "1.1" } },
  { name: "version 1.1, memory", flags: () => [], env: { OCI_VERSION: "1.1" } },
  { name: "main branch, folder", flags: (folder) => [`--dir=${join(folder, "store")}`], env: { OCI_VERSION: "dev" } },
  {
    name: "main branch, folder, sparse",
    flags: (folder) => [`--dir=${join(folder, "store")}`, "--platforms=none", "--accept-missing-blobs"],
    env: { OCI_VERSION: "dev", OCI_DATA_SPARSE: "true" },
  },
];

const { values } = parseArgs({ options: { suite: { type: "string" }, bundle: { type: "string" } } });
if (values.suite === undefined || !existsSync(values.suite)) {
  console.error(
    `expected --suite=PATH, the conformance suite's program, got ${values.suite ?? "nothing"}; build it with \`go build\` in ` +
      "conformance/ of a checkout of github.com/opencontainers/distribution-spec",
  );
  process.exit(2);
}

const work = mkdtempSync(join(tmpdir(), "sealcheck-conformance-"));
let passed = 0;
let failed = 0;
try {
  const bundle = values.bundle === undefined ? buildBundle() : resolve(values.bundle);
  for (const round of rounds) {
    const totals = await runRound(round, bundle);
    passed += totals.passed;
    failed += totals.failed;
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function buildBundle() {
  const folder = join(work, "dist");
  const built = spawnSync(process.execPath, [join(root, "scripts", "build.mjs"), folder], { stdio: "inherit" });
  if (built.status !== 0) throw new Error("the bundle does not build");
  return join(folder, "index.js");
}

/** One registry and one run of the suite. A run that says nothing of itself counts as a failure. */
async function runRound(round, bundle) {
  const folder = mkdtempSync(join(work, "round-"));
  console.log(`\n== ${round.name} ==`);
  const registry = await startRegistry(bundle, round.flags(folder));
  let outcome;
  let ended;
  try {
    outcome = await runSuite(registry.host, folder, round.env);
  } finally {
    ended = await registry.stop();
  }
  const { output, exitCode } = outcome;
  const summary = /^OCI Conformance Result:[\s\S]*?^ {2}Total.*$/m.exec(output)?.[0];
  if (summary === undefined) {
    console.log(`the suite printed no totals:\n${output.slice(-2000)}`);
    return { passed: 0, failed: 1 };
  }
  console.log(summary);
  for (const line of listFailures(output)) console.log(line);
  const count = (status) => Number(new RegExp(`^ {2}${status}\\.+: +(\\d+)$`, "m").exec(summary)?.[1] ?? 0);
  const bad = count("FAIL") + count("Error");
  if (ended !== 0) console.log(`the registry ended with ${ended}, expected 0`);
  const isPass =
    ended === 0 && exitCode === 0 && summary.startsWith("OCI Conformance Result: Pass\n") && count("Pass") > 0;
  return { passed: count("Pass"), failed: isPass ? bad : Math.max(bad, 1) };
}

/** What failed or was skipped, each with its reason. */
function listFailures(output) {
  const lines = output.slice(Math.max(output.indexOf("Test results"), 0)).split(/\r?\n/);
  const reasons = [...lines.keys()].filter(
    (at) => /^ *- /.test(lines[at] ?? "") && /: (?:FAIL|Error|Skip)$/.test(lines[at - 1] ?? ""),
  );
  return reasons.map((at) => `  ${lines[at - 1].trim()} ${lines[at].trim()}`);
}

async function startRegistry(bundle, flags) {
  const child = spawn(process.execPath, [bundle, "registry", "--port=0", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolveEnd) => child.once("exit", (code, signal) => resolveEnd(code ?? signal)));
  const timer = setTimeout(() => child.kill("SIGKILL"), startTimeoutMs);
  const address = await Promise.race([
    new Promise((resolveLine) => createInterface({ input: child.stdout }).once("line", resolveLine)),
    ended.then((code) => Promise.reject(new Error(`the registry ended with ${code} before it was ready`))),
  ]);
  clearTimeout(timer);
  return {
    host: new URL(String(address)).host,
    stop: async () => {
      child.kill("SIGTERM");
      return await ended;
    },
  };
}

async function runSuite(host, folder, env) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("OCI_"));
  const child = spawn(resolve(values.suite), [], {
    // The suite reads a configuration file of its own name from where it runs.
    cwd: folder,
    env: {
      ...Object.fromEntries(own),
      OCI_REGISTRY: host,
      OCI_TLS: "disabled",
      OCI_RESULTS_DIR: join(folder, "results"),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: suiteTimeoutMs,
    killSignal: "SIGKILL",
  });
  const pieces = [];
  child.stdout.on("data", (piece) => pieces.push(piece));
  child.stderr.resume();
  const exitCode = await new Promise((resolveEnd, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolveEnd(code));
  });
  return { exitCode, output: Buffer.concat(pieces).toString("utf8") };
}
