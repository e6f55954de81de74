import { describe, expect, it } from "vitest";
import { OutputTargetError, parseOutputTarget } from "./output-target.ts";

const defaults = { showSuccesses: false, showWarnings: true, showPolicyDocsLink: false };

describe("parseOutputTarget", () => {
  it.each([
    ["a format", "text", { format: "text" }],
    ["a path", "json=out.json", { format: "json", path: "out.json" }],
    ["a path with =", "yaml=a=b", { format: "yaml", path: "a=b" }],
    ["no format", "=out.json", { format: "json", path: "out.json" }],
    ["an empty path", "json=", { format: "json" }],
    ["the old name of appstudio", "hacbs", { format: "appstudio" }],
  ])("reads %s", (_, text, expected) => {
    const { options, ...target } = parseOutputTarget(text, defaults);
    expect(target).toEqual(expected);
    expect(options).toEqual({ ...defaults, includeSuccesses: false });
  });

  it("starts from the global flags and ignores unknown options", () => {
    const target = parseOutputTarget(
      "text=a.txt?show-successes=false&show-warnings=0&other=x&show-policy-docs-link=t",
      {
        ...defaults,
        showSuccesses: true,
      },
    );
    expect(target).toEqual({
      format: "text",
      path: "a.txt",
      options: { showSuccesses: false, showWarnings: false, showPolicyDocsLink: true, includeSuccesses: true },
    });
  });

  it("cannot bring back the successes that the global flag left out", () => {
    const { options } = parseOutputTarget("text?show-successes=true", defaults);
    expect(options).toMatchObject({ showSuccesses: true, includeSuccesses: false });
  });

  it.each([
    ["an unknown format", "xml", /got the format "xml"/],
    ["vsa", "vsa=x", /not supported yet/],
    ["a bad option", "text?show-warnings=maybe", /show-warnings=true or show-warnings=false, got "maybe"/],
  ])("refuses %s", (_, text, message) => {
    expect(() => parseOutputTarget(text, defaults)).toThrow(OutputTargetError);
    expect(() => parseOutputTarget(text, defaults)).toThrow(message);
  });
});
