import { describe, expect, it } from "vitest";
import { generateProgram } from "./generator.ts";
import { render } from "./pieces.ts";
import { Random } from "./random.ts";

const count = 1_000;
const texts = Array.from({ length: count }, (_, seed) => render(generateProgram(seed, new Random(seed)).module));

/** Of 1,000 programs, at least so many have what is looked for. */
const atLeast = 5;

describe("generated programs have", () => {
  it.each<[string, RegExp]>([
    ["functions with several bodies", /^(f\d+)\([^\n]*\n\1\(/m],
    ["constants as parameters", /^f\d+\((?:1|2|"a"|null|true)[,)]/m],
    ["lists as parameters", /^f\d+\(\[(?:v\d+|_), /m],
    ["objects as parameters", /^f\d+\(\{"a": /m],
    ["nested patterns as parameters", /^f\d+\((?:\[|\{"a": )(?:[^()\n]*, )?(?:\[|\{"a")/m],
    ["chains of else", /\} else := [^{}\n]* if \{\n[^}]*\} else := /],
    ["else of functions", /^f\d+\(.* if \{\n(?: {2}.*\n)+\} else/m],
    ["default rules", /^default r\d+ :=/m],
    ["default functions", /^default f\d+\(/m],
    ["references in heads", /^r\d+(?:\.a)?\[v\d+\]\.\w :=/m],
    ["references in heads of sets", /^r\d+(?:\.a)?\[v\d+\](?:\.\w|\[v\d+\]) contains/m],
    ["tables of rules", /(?:^r\d+[^\n]* if \{\n {2}[^\n]*\n\}\n){10}/m],
    ["tables of functions", /(?:^f\d+\([^,\n]*\) := [^\n]*\n){10}/m],
    ["some with a key", /some \w+, \w+ in /],
    ["every with a key", /every \w+, \w+ in /],
    ["lists that are looked up", /vs := \[.* \| some y in .*(?:==|=)/],
    ["sets that are looked up", /vs := \{[^:|]* \| some y in .*(?:==|=)/],
    ["objects that are looked up", /vs := \{.*: .* \| some i; some y in /],
    ["comprehensions that are looked up in another", /vs := .* some y in .* z := \{w \| some w in /],
    ["functions with other functions in their place", /with f\d+ as [fg]\d+/],
    ["functions with values in their place", /with f\d+ as (?:1|\{)/],
    ["built-in functions with other functions in their place", /with (?:count|upper|lower|abs) as \w/],
    ["another input", /with input as /],
    ["a part of another input", /with input\.\w/],
    ["another value of a rule", /with data\.p\.r\d+ as /],
    ["another value of a document", /with data\.base/],
    ["template strings", /\$"[^"\n]*\{/],
    ["raw template strings", /\$`[^`]*\{/],
    ["template strings with modifiers", /\{input\.n with /],
    ["big numbers", /\b\d{16,}\b/],
    ["numbers with exponents", /\de-?\d+/],
    ["keys that are no texts", /\{(?:.*, )?(?:null|true|1\.5|\[1, 2\]|\{"a": 1\}|\[\]|\{\}|\{1\}): /],
    ["walk", /walk\(/],
    ["walk with patterns", /walk\(.*, \[\["(?:a|d)", /],
    ["paths of object.get", /object\.get\([^[\n]*, \[/],
    ["rego.metadata.rule", /# METADATA\n(?:#.*\n)+r\d+ .*rego\.metadata\.rule\(\)/],
    ["rego.metadata.chain", /# METADATA\n(?:#.*\n)+r\d+ .*rego\.metadata\.chain\(\)/],
    ["imports with aliases that are used", /import data\.lib\.tools as kit\n[\s\S]* kit\.\w/],
    ["documents of another package", /(?:lib|quoted|data\.lib\.tools|tools)\.(?:names|by_id|limit|total|seen)/],
    ["packages that are iterated over", /(?:some x, y in|:=) data\.lib(?:\.tools)?(?:\[[x_]\]|\b)/],
    ["functions that are called in comprehensions of functions", /^g\d+\(x\) := .*some z in .*f\d+\(z\)/m],
    ["every in functions with else", /^f\d+\(x\) := [^\n]* if \{\n {2}every [^\n]*\n\} else/m],
    ["heads with several variables", /^r\d+\[a\]\[b\](?:\[c\])? (?:contains|:=)/m],
    ["heads with large numbers", /^r\d+\[9007199254740993\]\[a\]/m],
    ["patterns on both sides", /\n {2}(?:\[\[|\{"a": \[|\[\{).* = (?:\[|\{)/],
    ["references with several variables", /^q\d+ := \{\[v, x, y\] \| some x, y; v := r\d+\[x\]\[y\]/m],
    [
      "built-in functions that fail, under every",
      /every e in .* \{ e != .*(?:to_number\("x"\)|\/ 0|regex\.match\("\(")/,
    ],
    ["names that hide others", /^f\d+\((?:tools|kit|nested|count|upper|lib|r\d+|f\d+)\) :=/m],
    ["functions of another package", /(?:tools|kit|quoted)\.(?:twice|grade)\(/],
  ])("%s", (_, form) => {
    expect(texts.filter((text) => form.test(text)).length).toBeGreaterThanOrEqual(atLeast);
  });
});
