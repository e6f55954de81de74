import { describe, expect, it } from "vitest";
import { compileModules } from "../compile/index.ts";
import { loadPolicy } from "../run/index.ts";
import { parseModule } from "../syntax/index.ts";
import type { Value } from "../value/index.ts";
import { fromBytes, toBytes } from "./text-bytes.ts";

function evaluate(expression: string): Value | undefined {
  const compiled = compileModules([parseModule("p.rego", `package p\n\nr := ${expression}\n`)], {
    entrypoints: [["p", "r"]],
  });
  const step = loadPolicy(compiled).start({ nowNs: 0n }).step();
  return step.kind === "done" ? step.results[0] : undefined;
}

describe("bytes that are no characters", () => {
  // What OPA 1.15.2 answers.
  it.each<[string, Value]>([
    [`base64.encode(base64.decode("/w=="))`, "/w=="],
    [`base64url.encode_no_pad(hex.decode("c328"))`, "wyg"],
    [`hex.encode(base64.decode("YeKCYf+AYg=="))`, "61e28261ff8062"],
    [`hex.encode(hex.decode("eda080"))`, "eda080"],
    [`hex.encode(urlquery.decode("%ff%41"))`, "ff41"],
    [`urlquery.encode(hex.decode("ff20c3a97e"))`, "%FF+%C3%A9~"],
    [`crypto.md5(hex.decode("eda080"))`, "546d3dc8de10fbf8b448f678a47901e4"],
    [`crypto.sha1(base64.decode("/w=="))`, "85e53271e14006f0265921d02d4d736cdc580b0b"],
    [`crypto.sha256(hex.decode("c328"))`, "eddf68639913a3cb8331cdfe7f87559e0beccf2c289c0d90ac4d89b3204004f8"],
    [`crypto.hmac.md5("ac", hex.decode("eda080"))`, "e221d5f2b0fe7659cae59eb77f72c929"],
    [`crypto.hmac.equal(hex.decode("ff"), hex.decode("fe"))`, false],
    [`hex.decode("ff") == hex.decode("fe")`, false],
    [`count(base64.decode("YeKCYf+AYg=="))`, 7],
    [`json.marshal(hex.decode("61ff5c"))`, '"a\\ufffd\\\\"'],
    [`sprintf("%x", [hex.decode("ff00")])`, "ff00"],
    [`hex.encode(concat("", [hex.decode("e282"), hex.decode("ac")]))`, "e282ac"],
    [`hex.encode(substring(hex.decode("fffe41"), 1, -1))`, "efbfbd41"],
    [`hex.encode(upper(hex.decode("ff61")))`, "efbfbd41"],
    [`hex.encode(strings.replace_n({"": "-"}, "\u00e9a"))`, "2dc32da92d612d"],
    [`hex.encode(strings.replace_n({"": "-", "\u00e9": "x"}, "a\u00e9"))`, "2d612d782d"],
    [`yaml.is_valid(hex.decode("ff"))`, false],
  ])("%s", (expression, expected) => {
    expect(evaluate(expression)).toStrictEqual(expected);
  });

  it("comes back from every sequence of up to three bytes of the borders of UTF-8", () => {
    const borders = [
      0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff,
    ];
    for (const first of borders) {
      for (const second of borders) {
        for (const third of borders) {
          const bytes = Buffer.from([first, second, third, 0xbf, 0x42]);
          const text = fromBytes(bytes);
          expect(toBytes(text).equals(bytes), bytes.toString("hex")).toBe(true);
          expect(text.replace(/[\udc80-\udcff]/g, "")).not.toMatch(/\ufffd|(?<![\ud800-\udbff])[\udc00-\udfff]/);
        }
      }
    }
  });
});
