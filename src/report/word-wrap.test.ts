import { describe, expect, it } from "vitest";
import { indentWrapped, wrapWords } from "./word-wrap.ts";

describe("wrapWords", () => {
  it.each([
    ["a text that fits", "abc def", 7, "abc def"],
    ["a text that does not", "abc def", 6, "abc\ndef"],
    ["several blanks at a break", "abc   def", 6, "abc\ndef"],
    ["several blanks that fit", "a   b", 6, "a   b"],
    ["its own line ends", "abc\ndef ghi", 6, "abc\ndef\nghi"],
    ["a blank line", "a\n\nb", 6, "a\n\nb"],
    ["a long word alone", "abcdefgh", 5, "abcdefgh"],
    ["a long word after a short one", "abc defghijkl m", 5, "abc\ndefghijkl\nm"],
    ["blanks at the end that fit", "abc ", 5, "abc "],
    ["blanks at the end that do not", "abcde  ", 5, "abcde"],
    ["blanks before a line end that do not fit", "abcde  \nf", 5, "abcde\nf"],
    ["blanks at the beginning", "  abc", 5, "  abc"],
    ["non-breaking blanks", "abc\u00a0def g", 6, "abc\u00a0def\ng"],
    ["characters outside the basic plane", "😀😀 😀😀", 5, "😀😀 😀😀"],
    ["nothing", "", 5, ""],
  ])("wraps %s", (_, text, limit, expected) => {
    expect(wrapWords(text, limit)).toBe(expected);
  });
});

describe("indentWrapped", () => {
  it("counts the margin and gives it to every line", () => {
    expect(indentWrapped("abc def\nghi", { indent: 2, width: 8 })).toBe("  abc\n  def\n  ghi");
  });
});
