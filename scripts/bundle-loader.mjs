/**
 * All of the bundle that V8 reads at every start: the program's parts are comments, each in a function of its own. A part
 * is compiled when something of it is imported, with the place in the bundle that it has, which is what stack traces tell.
 * A worker thread is started with this function's own text and its one part: what is used here comes in as an argument.
 *
 * @param {string} first name of the part to start with
 * @param {Record<string, [row: number, part: () => void]>} parts by name, with the row of the bundle that the code begins on
 * @param {{ filename: string, require: (name: string) => any }} bundle
 */
export function startPart(first, parts, { filename, require }) {
  const { compileFunction } = require("node:vm");
  const { pathToFileURL } = require("node:url");
  const names = ["require", "module", "exports", "__bundleUrl", "SEALCHECK_WORKER_CODE"];
  const loaded = new Map();

  function requirePart(name) {
    if (!Object.hasOwn(parts, name)) return require(name);
    let module = loaded.get(name);
    if (module === undefined) {
      module = { exports: {} };
      loaded.set(name, module);
      const [row] = parts[name];
      const run = compileFunction(readPart(name), names, { filename, lineOffset: row - 1 });
      run(requirePart, module, module.exports, pathToFileURL(filename).href, toWorkerCode);
    }
    return module.exports;
  }

  /** The code: where it has the characters that end a comment, the bundle has another one for the slash. */
  function readPart(name) {
    const text = parts[name][1].toString();
    return text.slice(text.indexOf("/*\n") + 3, text.lastIndexOf("*/")).replaceAll("\u0001", "/");
  }

  function toWorkerCode() {
    const name = "./worker.js";
    const [row, part] = parts[name];
    const bundle = `{filename:${JSON.stringify(filename)},require}`;
    return `"use strict";(${startPart})("${name}",{"${name}":[${row},${part}]},${bundle});`;
  }

  requirePart(first);
}
