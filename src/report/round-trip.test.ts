import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Json } from "../types/index.ts";
import { escapeMarkdown } from "./markdown.ts";
import { renderReport } from "./render.ts";
import { componentOf, reportOf, shownOptions } from "./report-sample.ts";
import { element, toCdata } from "./xml.ts";

const runs = { seed: 20_260_101, numRuns: 200 };
const anyText = fc.string({ unit: "binary", maxLength: 40 });

describe("whatever text comes from outside", () => {
  it("JSON and YAML say the same, and what was said", () => {
    fc.assert(
      fc.property(anyText, fc.jsonValue({ maxDepth: 2 }), (text, value) => {
        const result = { msg: text, metadata: { code: text, extra: JSON.parse(JSON.stringify(value)) as Json } };
        const report = reportOf([componentOf({ name: text, violations: [result] })]);
        const document: unknown = JSON.parse(renderReport(report, { format: "json", options: shownOptions }));
        expect(document).toMatchObject({ components: [{ name: text, violations: [{ msg: text }] }] });
        expect(parse(renderReport(report, { format: "yaml", options: shownOptions }))).toEqual(document);
      }),
      runs,
    );
  });

  it("JUnit has the elements that it should have, and no others", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const xml = element("a", [["b", text]], toCdata(text));
        const withoutCdata = xml.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, "");
        expect(withoutCdata).toMatch(/^<a b="[^"<]*"><\/a>$/);
      }),
      runs,
    );
  });

  it("Markdown keeps one line and no active character", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(
          escapeMarkdown(text)
            .replaceAll("<br>", "")
            .replace(/&#\d+;/g, ""),
        ).not.toMatch(/[&<>|`*_[\]\\~#$@!\r\n]/);
      }),
      runs,
    );
  });
});
