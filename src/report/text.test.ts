import { describe, expect, it } from "vitest";
import { renderReport } from "./render.ts";
import {
  componentOf,
  defaultOptions,
  passed,
  reportOf,
  shownOptions,
  undecided,
  violated,
  warned,
} from "./report-sample.ts";

const image = componentOf().containerImage;

function renderText(
  report: ReturnType<typeof reportOf>,
  options = shownOptions as typeof shownOptions | typeof defaultOptions,
): string {
  return renderReport(report, { format: "text", options });
}

describe("text", () => {
  it("shows one component with all that a rule says, wrapped at 130 columns", () => {
    const component = componentOf({
      success: false,
      violations: [
        {
          msg: "Fails always (term1)",
          metadata: {
            code: "main.reject",
            term: "term1",
            title: "Reject rule",
            description: `This rule ${"will always fail ".repeat(8)}unless it is excluded`,
            solution: "None",
          },
        },
        { msg: "Fails always (term2)", metadata: { code: "main.reject", term: ["term2", "term3"] } },
      ],
      successes: [{ msg: "Pass", metadata: { code: "main.accept", title: "Accept rule", solution: "unused" } }],
    });
    expect(renderText(reportOf([component]))).toBe(`Success: false
Result: FAILURE
Violations: 2, Warnings: 0, Successes: 1
Component: Unnamed
ImageRef: ${image}

Results:
✕ [Violation] main.reject
  ImageRef: ${image}
  Reason: Fails always (term1)
  Term: term1
  Title: Reject rule
  Description: This rule will always fail will always fail will always fail will always fail will always fail will always fail
  will always fail will always fail unless it is excluded
  Solution: None

✕ [Violation] main.reject
  ImageRef: ${image}
  Reason: Fails always (term2)
  Terms: term2, term3

✓ [Success] main.accept
  ImageRef: ${image}
  Title: Accept rule

For more information about policy issues, see the policy documentation: https://conforma.dev/docs/policy/
`);
  });

  it("lists several components, and results by kind", () => {
    const report = reportOf([
      { ...warned, name: "one", containerImage: "a" },
      { ...violated, name: "two", containerImage: "b" },
    ]);
    expect(renderText(report, defaultOptions)).toBe(`Success: false
Result: FAILURE
Violations: 1, Warnings: 1, Successes: 0

Components:
- Name: one
  ImageRef: a
  Violations: 0, Warnings: 1, Successes: 0

- Name: two
  ImageRef: b
  Violations: 1, Warnings: 0, Successes: 0

Results:
✕ [Violation] main.rejector
  ImageRef: b
  Reason: Fails

› [Warning] main.careful
  ImageRef: a
  Reason: Careful

`);
  });

  it.each([
    ["nothing at all", reportOf([]), "Success: true\nResult: SKIPPED\nViolations: 0, Warnings: 0, Successes: 0\n"],
    [
      "successes only when they are asked for",
      reportOf([passed]),
      `Success: true\nResult: SUCCESS\nViolations: 0, Warnings: 0, Successes: 1\nComponent: Unnamed\nImageRef: ${image}\n\n`,
    ],
  ])("shows %s", (_, report, expected) => {
    expect(renderText(report, defaultOptions)).toBe(expected);
  });

  it("leaves warnings out where that is asked for, and the link with them", () => {
    const text = renderReport(reportOf([warned]), {
      format: "text",
      options: { ...shownOptions, showWarnings: false },
    });
    expect(text).not.toContain("[Warning]");
    expect(text).not.toContain("For more information");
  });

  it("cannot list successes that the global flag left out", () => {
    const options = { ...shownOptions, includeSuccesses: false };
    expect(renderReport(reportOf([passed]), { format: "text", options })).not.toContain("[Success]");
  });

  it("colours symbol and heading apart", () => {
    const report = reportOf([{ ...violated, warnings: warned.warnings, successes: passed.successes }]);
    const text = renderReport(report, { format: "text", options: shownOptions, color: true });
    expect(text).toContain("\u001b[31m✕\u001b[0m \u001b[31m[Violation] main.rejector\u001b[0m\n");
    expect(text).toContain("\u001b[33m›\u001b[0m \u001b[33m[Warning] main.careful\u001b[0m\n");
    expect(text).toContain("\u001b[32m✓\u001b[0m \u001b[32m[Success] main.acceptor\u001b[0m\n");
  });

  it("shows skipped checks, refused evidence, errors and notes (differences, 2, 8, 28)", () => {
    const component = {
      ...undecided,
      skipped: ["builtin.image.signature_check", "builtin.attestation.signature_check"],
      refused: [
        { kind: "signature", location: "r.example/app:sha256-aa.sig", reason: "signed by another key" },
      ] as const,
    };
    expect(renderText(reportOf([component], { notes: ["the tag 1.0 moved during the run"] }))).toBe(`Success: false
Result: ERROR
Violations: 0, Warnings: 0, Successes: 0
Component: Unnamed
ImageRef: ${image}
Could not decide: the registry did not answer within 30 s; try again (TIMED_OUT)
Skipped checks: builtin.image.signature_check, builtin.attestation.signature_check
Refused signature: r.example/app:sha256-aa.sig: signed by another key

Notes:
- the tag 1.0 moved during the run

`);
  });

  it("lists excluded results as excluded, not as successes (differences, 14)", () => {
    const report = reportOf([
      { ...passed, excluded: [{ msg: "Fails", metadata: { code: "main.rejector", term: "t" } }] },
    ]);
    const text = renderText(report);
    expect(text).toContain(`- [Excluded] main.rejector\n  ImageRef: ${image}\n  Reason: Fails\n  Term: t\n`);
    expect(text).not.toContain("[Success] main.rejector");
  });

  it("has no artefact where a result has no code (differences, 16)", () => {
    const report = reportOf([componentOf({ success: false, violations: [{ msg: "No code" }] })]);
    expect(renderText(report)).toContain("✕ [Violation]\n");
  });

  it("lets text from outside neither steer the terminal nor pretend to be a line of the report", () => {
    const component = componentOf({
      name: "x\nSuccess: true",
      success: false,
      violations: [{ msg: "red\u001b[31m\r\nSuccess: true", metadata: { code: "a\nb" } }],
    });
    const text = renderText(reportOf([component]));
    expect(text).toContain("Component: x\\u000aSuccess: true\n");
    expect(text).toContain("✕ [Violation] a\\u000ab\n");
    expect(text).toContain("  Reason: red\\u001b[31m\n  Success: true\n");
    expect(text.split("\n").filter((line) => line.startsWith("Success:"))).toEqual(["Success: false"]);
  });
});
