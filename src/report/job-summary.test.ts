import { describe, expect, it } from "vitest";
import { renderAnnotations } from "./annotations.ts";
import { renderJobSummary } from "./job-summary.ts";
import { escapeMarkdown } from "./markdown.ts";
import { componentOf, passed, reportOf, undecided, violated, warned } from "./report-sample.ts";

const maxBytes = 2 ** 20;

describe("renderJobSummary", () => {
  it.each([
    ["all passed", [passed, warned], "## ✅ 2 images passed"],
    ["one image", [passed], "## ✅ 1 image passed"],
    ["a violation", [passed, violated], "## ❌ The policy says no to 1 of 2 images"],
    ["both", [violated, undecided], "## ❌ The policy says no to 1 of 2 images, 1 could not be decided"],
    ["undecided", [passed, undecided], "## ⚠️ Could not decide on 1 of 2 images"],
    ["nothing", [], "## No images to validate"],
  ])("begins with the outcome: %s", (_, components, headline) => {
    expect(renderJobSummary(reportOf(components), { maxBytes }).split("\n")[0]).toBe(headline);
  });

  it("shows components, violations with their solution, and what was not done", () => {
    const component = componentOf({
      name: "app",
      containerImage: "r.example/app:1",
      success: false,
      violations: [
        { msg: "Fails", metadata: { code: "main.rejector", term: "t", title: "Reject", solution: "Do better" } },
      ],
      skipped: ["builtin.image.signature_check"],
      refused: [{ kind: "signature", location: "tag", reason: "another key" }],
    });
    expect(
      renderJobSummary(reportOf([component], { notes: ["a note"] }), { maxBytes }),
    ).toBe(`## ❌ The policy says no to 1 of 1 image

| Result | Component | Image | Violations | Warnings | Successes |
| --- | --- | --- | --: | --: | --: |
| ❌ violated | app | <code>r.example/app:1</code> | 1 | 0 | 0 |

### Violations

| Component | Rule | Message | Solution |
| --- | --- | --- | --- |
| app | <code>main.rejector</code> (t) | **Reject**<br>Fails | Do better |

### Checks that were switched off

- app: <code>builtin.image.signature&#95;check</code>

### Evidence that was found and not accepted

- app: signature <code>tag</code>: another key

### Notes

- a note

`);
  });

  it("keeps its table whatever a message holds", () => {
    const msg = "a | b\n| c | `d` <script>alert(1)</script> ![x](y) [z](javascript:1)\r\n## e";
    const component = componentOf({
      success: false,
      violations: [{ msg, metadata: { code: "x|y", solution: "s|\n" } }],
    });
    const row = renderJobSummary(reportOf([component]), { maxBytes })
      .split("\n")
      .find((line) => line.includes("script"));
    expect(row?.match(/\|/g)).toHaveLength(5);
    expect(row).not.toMatch(/[`[\]!]|<(?!br>|\/?code>)/);
  });

  it("never grows above its bound, cuts whole lines and says so", () => {
    const violations = Array.from({ length: 2000 }, (_, at) => ({
      msg: `é${"x".repeat(500)}${at}`,
      metadata: { code: "a.b" },
    }));
    const report = reportOf([componentOf({ success: false, violations })]);
    for (const bound of [2000, 100_000, maxBytes]) {
      const text = renderJobSummary(report, { maxBytes: bound });
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(bound);
      expect(Buffer.byteLength(text)).toBeGreaterThan(bound - 800);
      expect(text).toMatch(/\n\*\d+ more lines did not fit; the report has them all\.\*\n$/);
      expect(
        text
          .split("\n")
          .filter((line) => line.startsWith("| Unnamed"))
          .every((line) => line.endsWith(" |")),
      ).toBe(true);
    }
    expect(renderJobSummary(report, { maxBytes: 10 })).toBe("");
  });
});

describe("escapeMarkdown", () => {
  it("cuts long texts, not through a character", () => {
    const cut = escapeMarkdown(`${"x".repeat(1999)}😀`);
    expect(cut).toBe(`${"x".repeat(1999)}...`);
  });
  it("removes control and direction characters", () => {
    expect(escapeMarkdown("a\u001b\u202eb\tc")).toBe("ab c");
  });
});

describe("renderAnnotations", () => {
  it("puts undecided components first, then violations, then warnings", () => {
    expect(
      renderAnnotations(
        reportOf([
          { ...warned, name: "w" },
          { ...violated, name: "v" },
          { ...undecided, name: "u" },
        ]),
      ),
    ).toMatchObject([
      { level: "error", title: "Could not decide", message: expect.stringMatching(/^u \(r\.example.*\(TIMED_OUT\)$/) },
      { level: "error", title: "main.rejector", message: expect.stringMatching(/^v .*: Fails$/) },
      { level: "warning", title: "main.careful", message: expect.stringMatching(/^w .*: Careful$/) },
    ]);
  });

  it("names terms and solution", () => {
    const component = componentOf({
      containerImage: "i",
      violations: [
        { msg: "Fails", metadata: { code: "a.b", term: ["t", "u"], solution: "Mend it" } },
        { msg: "codeless" },
      ],
    });
    expect(renderAnnotations(reportOf([component]))).toEqual([
      { level: "error", title: "a.b (t, u)", message: "Unnamed (i): Fails\nSolution: Mend it" },
      { level: "error", title: "Policy", message: "Unnamed (i): codeless" },
    ]);
  });

  it("are ten at most, with bounded messages", () => {
    const violations = Array.from({ length: 11 }, () => ({ msg: "x".repeat(5000) }));
    const annotations = renderAnnotations(reportOf([componentOf({ violations })]));
    expect(annotations).toHaveLength(10);
    expect(annotations[0]?.message.length).toBeLessThan(1200);
  });
});
