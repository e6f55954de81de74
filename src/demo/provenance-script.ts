import { createHash } from "node:crypto";

const verbs = ["check", "collect", "compare", "copy", "describe", "fetch", "list", "prepare", "record", "verify"];
const nouns = ["archive", "base", "catalogue", "folder", "image", "layer", "manifest", "module", "report", "source"];
const places = ["/workspace/source", "/workspace/cache", "/var/work", "/tekton/home", "/shared/output"];

/**
 * A made-up shell script of about `size` bytes, the same for the same `name`: what stands in a real provenance as a
 * step's entry point, with the quotes and line ends that JSON has to escape.
 */
export function createScript(name: string, size: number): string {
  const choose = createChooser(name);
  const lines = ["#!/usr/bin/env bash", "set -euo pipefail", ""];
  let length = lines.join("\n").length;
  for (let count = 1; length < size; count += 1) {
    const block = createBlock(choose, count);
    lines.push(...block);
    length += block.join("\n").length + 1;
  }
  return `${lines.join("\n").slice(0, size)}\n`;
}

function createBlock(choose: <Entry>(list: readonly Entry[]) => Entry, count: number): string[] {
  const [verb, noun, place] = [choose(verbs), choose(nouns), choose(places)];
  const name = `${verb}_${noun}_${count}`;
  const list = `${noun.toUpperCase()}_LIST_${count}`;
  return [
    `# Step ${count}: ${verb} every ${noun} below ${place}, and stop at the first that is not as expected.`,
    `${name}() {`,
    `  local ${noun}="$1" attempts=${choose([2, 3, 5])}`,
    `  while ! ${verb}-${noun} --input "\${${noun}}" --output "${place}/${name}.json"; do`,
    "    attempts=$((attempts - 1))",
    `    [[ \${attempts} -gt 0 ]] || { echo "could not ${verb} \${${noun}}" >&2; return 1; }`,
    `    sleep ${choose([1, 2, 5])}`,
    "  done",
    `  jq --arg ${noun} "\${${noun}}" '.${noun}s += [{"name": $${noun}, "state": "done"}]' "${place}/${name}.json"`,
    "}",
    "",
    `mapfile -t ${list} < <(find "${place}" -name '*.${noun}' -type f | sort)`,
    `for entry in "\${${list}[@]}"; do ${name} "\${entry}"; done`,
    "",
  ];
}

/** Made-up hexadecimal digits, the same for the same seed. */
export function createHex(seed: string, length: 40 | 64): string {
  return createHash("sha256").update(seed).digest("hex").slice(0, length);
}

function createChooser(seed: string) {
  let state = createHash("sha256").update(seed).digest();
  let used = 0;
  return <Entry>(list: readonly Entry[]): Entry => {
    if (used + 4 > state.length) {
      state = createHash("sha256").update(state).digest();
      used = 0;
    }
    const number = state.readUInt32BE(used);
    used += 4;
    return list[number % list.length] as Entry;
  };
}
