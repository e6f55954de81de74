// Builds the one bundle, dist/index.js, and the licences of what is in it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outputFolder = process.argv[2] ?? join(root, "dist");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** No file of src/ does anything when it is imported: a bundle holds those alone that something is used of. */
const sourceWithoutEffects = {
  name: "source-without-effects",
  setup({ onResolve }) {
    const source = join(root, "src");
    onResolve({ filter: /^\.\.?\// }, ({ kind, path, importer, resolveDir }) =>
      kind !== "entry-point" && importer.startsWith(source)
        ? { path: resolve(resolveDir, path), sideEffects: false }
        : undefined,
    );
  },
};

/** @type {import("esbuild").BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  // Names stay what they are: stack traces and errors tell them, and esbuild's other way to keep them, to tell each function
  // its name when it is made, costs a quarter of an evaluation.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  metafile: true,
  write: false,
  plugins: [sourceWithoutEffects],
  logLevel: "warning",
  loader: { ".rego": "text", ".yaml": "text" },
  // Some packages ask for their own address, which a CommonJS file has under another name.
  banner: { js: 'const __bundleUrl=require("node:url").pathToFileURL(__filename).href;' },
};
const define = { "import.meta.url": "__bundleUrl", SEALCHECK_VERSION: JSON.stringify(version) };

// The worker threads' code is built first: the bundle holds it as a text.
const worker = await build({ ...common, entryPoints: ["src/entry/worker.ts"], define });
const result = await build({
  ...common,
  entryPoints: ["src/main.ts"],
  outfile: join(outputFolder, "index.js"),
  define: { ...define, SEALCHECK_WORKER_CODE: JSON.stringify(toAscii(worker.outputFiles[0].text)) },
});

// Only what was built whole takes the place of what was there.
rmSync(outputFolder, { recursive: true, force: true });
mkdirSync(outputFolder, { recursive: true });
for (const file of result.outputFiles) writeFileSync(file.path, toAscii(file.text));
writeFileSync(join(outputFolder, "LICENSES.txt"), licencesOf(Object.keys(result.metafile.inputs)));

/** Escapes what the bundler left as it was, in regular expressions: one wider character makes V8 keep all at two bytes each. */
function toAscii(text) {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The texts of the licences of all packages that the bundle holds code of, in the order of their names. */
function licencesOf(inputs) {
  const packages = new Set();
  for (const input of inputs) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input.replaceAll("\\", "/"));
    if (match !== null) packages.add(match[1]);
  }
  return [...packages].sort().map(licenceOf).join("\n");
}

function licenceOf(folder) {
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  const file = readdirSync(join(root, folder)).find((name) => /^licen[cs]e(\..*)?$/i.test(name));
  const text =
    file === undefined || !existsSync(join(root, folder, file))
      ? "(the package holds no licence text)"
      : readFileSync(join(root, folder, file), "utf8")
          .replaceAll("\r\n", "\n")
          .trim();
  return `${"=".repeat(80)}\n${manifest.name} ${manifest.version}: ${manifest.license}\n${"=".repeat(80)}\n${text}\n`;
}
