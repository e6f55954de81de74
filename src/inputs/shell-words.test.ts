import { describe, expect, it } from "vitest";
import { splitShellWords } from "./shell-words.ts";

describe("splitShellWords", () => {
  it.each([
    ["nothing", "  \n ", []],
    ["words", "--a  b\n\tc", ["--a", "b", "c"]],
    ["single quotes", "--a='b c' 'd\\e'", ["--a=b c", "d\\e"]],
    ["double quotes", '"a b"c "d\\"e" "f\\g"', ["a bc", 'd"e', "f\\g"]],
    ["escapes", "a\\ b \\'c", ["a b", "'c"]],
    ["continued lines", "a \\\n b\\\r\nc", ["a", "bc"]],
    ["an empty word", "a ''", ["a", ""]],
    ["what a shell would run", "$(id) `id` $HOME *", ["$(id)", "`id`", "$HOME", "*"]],
  ])("splits %s", (_, text, words) => {
    expect(splitShellWords(text)).toEqual(words);
  });
  it.each(["'a", 'b "c', '"a\\"'])("does not understand the open quote in %s", (text) => {
    expect(splitShellWords(text)).toBeUndefined();
  });
});
