// Builds the one bundle, dist/index.js, and the licences of what is in it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { startPart } from "./bundle-loader.mjs";

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
  entryNames: "[name]",
  outdir: outputFolder,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
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
  // Some packages ask for their own address, which is the bundle's.
  define: { "import.meta.url": "__bundleUrl", SEALCHECK_VERSION: JSON.stringify(version) },
};

// Each `import()` of src/ makes a part of the bundle, and so does what several of them need: a command pays for what it uses. The
// worker threads' code is a part by itself: it is half of what it would be made of, were it shared.
const builds = await Promise.all([
  build({ ...common, entryPoints: ["src/main.ts"], splitting: true }),
  build({ ...common, entryPoints: ["src/entry/worker.ts"] }),
]);
const parts = (await Promise.all(builds.map(toParts))).flat();
const bundle = await joinParts(parts);
const licences = licencesOf(builds.flatMap(({ metafile }) => Object.keys(metafile.inputs)));

// Only what was built whole takes the place of what was there.
rmSync(outputFolder, { recursive: true, force: true });
mkdirSync(outputFolder, { recursive: true });
writeFileSync(join(outputFolder, "index.js"), bundle);
writeFileSync(join(outputFolder, "LICENSES.txt"), licences);

/** What was built, file by file, as CommonJS. */
async function toParts({ outputFiles, metafile }) {
  const entryPoints = new Map(
    Object.entries(metafile.outputs).map(([path, { entryPoint }]) => [basename(path), entryPoint]),
  );
  return await Promise.all(
    outputFiles.map(async ({ path, text }) => {
      const name = basename(path);
      const code = toAscii(await toCommonJs(text));
      // Of a CommonJS package that `import()` asks for, the bundler exports `default` and no names: both are wanted.
      const isCommonJs = metafile.inputs[entryPoints.get(name)]?.format === "cjs";
      return { name: `./${name}`, code: isCommonJs ? `${code}module.exports=module.exports.default;\n` : code };
    }),
  );
}

async function toCommonJs(text) {
  const { code } = await transform(text, {
    format: "cjs",
    platform: "node",
    target: "node20",
    supported: { "dynamic-import": false },
    banner: '"use strict";',
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: "warning",
  });
  return code;
}

/**
 * The bundle: the loader, a table of the parts, each of them a comment that begins on a row of its own, and the start. V8 goes over a comment
 * in a fortieth of the time that it takes to look over code, an eighth of that for a string, and makes no copy of it.
 */
async function joinParts(all) {
  const loader = await transform(String(startPart), { target: "node20", minifySyntax: true, minifyWhitespace: true });
  let text = `"use strict";\n${toAscii(loader.code)}const parts={\n`;
  for (const { name, code } of all.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    if (code.includes("\u0001")) throw new Error(`${name} has the character that the loader takes for a slash`);
    const row = text.split("\n").length + 1;
    text += `${JSON.stringify(name)}:[${row},function(){/*\n${code.replaceAll("*/", "*\u0001")}*/}],\n`;
  }
  return `${text}};\nstartPart("./main.js",parts,{filename:__filename,require});\n`;
}

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
