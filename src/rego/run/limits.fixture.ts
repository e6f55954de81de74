/**
 * Programs that ask for more than there is, by name: the body of a module whose document `p` never ends, or grows without
 * end, unless a limit stops it inside of a built-in call or a comparison. `big` is a text of a million characters.
 */

/** `a0` in lists of two, so many times: `a3` has 2^3 of them, and takes the memory of three lists. */
function doubling(times: number, start: string, step: (name: string) => string, name = "a"): string {
  const lines = [`${name}0 := ${start}`];
  for (let index = 1; index <= times; index += 1) lines.push(`${name}${index} := ${step(`${name}${index - 1}`)}`);
  return lines.join("\n");
}

const pairs = (name: string): string => `[${name}, ${name}]`;
const shared = doubling(60, "[1]", pairs);
const sharedTwice = `${shared}\n${doubling(60, "[1]", pairs, "b")}`;
const nestedObjects = doubling(60, '{"k": 1}', (name) => `{"x": ${name}, "y": ${name}}`);
const big = `big := concat("", [x | some _ in numbers.range(1, 100000); x := "abcdefghi "])`;
const many = "many := numbers.range(1, 200000)";
const letters = `letters := concat("", ["a" | some _ in numbers.range(1, 1000000)])`;
const cells = `cells := [i | some i in numbers.range(1, 3000)]`;
const cliques = `edges := {n: cells | some n in cells}\n${cells}`;

/** Those that take time. */
export const slowPrograms: Readonly<Record<string, string>> = {
  "comparing values that share structure": `${sharedTwice}\np := a60 == b60`,
  "ordering values that share structure": `${sharedTwice}\np := a60 < b60`,
  "sorting values that share structure": `${sharedTwice}\np := sort([a60, b60, a60, b60])`,
  "a value that shares structure in a set": `${shared}\np := {a60}`,
  "a value that shares structure as a key": `${shared}\np := {a60: 1}`,
  "writing a value that shares structure": `${shared}\np := sprintf("%v", [a60])`,
  "a template string of it": `${shared}\np := $"{a60}"`,
  "json.marshal of it": `${shared}\np := json.marshal(a60)`,
  "json.marshal of objects that share structure": `${nestedObjects}\np := json.marshal(a60)`,
  "yaml.marshal of it": `${shared}\np := yaml.marshal(a60)`,
  "json.match_schema of it": `${nestedObjects}\np := json.match_schema(a60, {"type": "object"})`,
  "walk through it": `${shared}\np := count([x | walk(a60, [_, x])])`,
  "object.union of it": `${nestedObjects}\n${nestedObjects.replaceAll("a", "b")}\np := object.union(a60, b60)`,
  "object.subset of it": `${nestedObjects}\n${nestedObjects.replaceAll("a", "b")}\np := object.subset(a60, b60)`,
  "render_template of it": `${shared}\np := strings.render_template("{{.a}}", {"a": a60})`,
  "json.patch of a large list": `${many}\np := json.patch(many, [{"op": "add", "path": "/0", "value": x} | some x in many])`,
  "contains in a loop": `${big}\np := count([x | some x in numbers.range(1, 1000000); contains(big, sprintf("%dz", [x]))])`,
  "a text that is slow to search": `${letters}\nneedle := sprintf("b%s", [substring(letters, 0, 400000)])\np := [x | some x in numbers.range(1, 1000000); contains(letters, needle)]`,
  "indexof_n in a loop": `${letters}\np := count([x | some x in numbers.range(1, 1000); count(indexof_n(letters, "a")) == x])`,
  "replace_n with many texts": `${big}\np := count([1 | some x in numbers.range(1, 1000); strings.replace_n({sprintf("a%d", [y]): "z" | some y in numbers.range(x, x + 2000)}, big) != ""])`,
  "sort in a loop": `${many}\np := count([1 | some x in many; sort(array.concat(array.reverse(many), [x]))[0] == 0])`,
  "a regular expression on a long text": `${big}\np := count([1 | some x in many; regex.match(sprintf("(a|b|c)*(d|e)+%dx", [x]), big)])\n${many}`,
  "all matches of a regular expression": `${big}\np := count([1 | some x in many; count(regex.find_n(sprintf("(a|b)(c|%d)", [x]), big, -1)) == 0])\n${many}`,
  "a large regular expression": `${letters}\np := [1 | some x in numbers.range(1, 1000); regex.match(sprintf("(a|aa|b){1,400}%dz", [x]), letters)]`,
  "graph.reachable in a loop": `${cliques}\np := count([1 | some n in cells; graph.reachable(edges, [n]) == set()])`,
  "numbers.range in a loop":
    "p := count([1 | some x in numbers.range(1, 100000); count(numbers.range(x, x + 999999)) == 0])",
  "net.cidr_expand in a loop": `p := count([1 | some x in numbers.range(0, 255); count(net.cidr_expand(sprintf("%d.0.0.0/12", [x]))) == 0])`,
  "net.cidr_contains_matches": `${cells}\nnets := {sprintf("10.%d.0.0/16", [x]) | some x in cells}\np := net.cidr_contains_matches({sprintf("10.%d.0.0/24", [x % 256]) | some x in cells} | {sprintf("11.%d.%d.0/24", [x % 256, floor(x / 256)]) | some x in cells}, {sprintf("10.%d.%d.1", [x % 256, floor(x / 256)]) | some x in cells})`,
  "set operations in a loop": `${many}\ns := {[x] | some x in many}\np := count([1 | some x in many; count(s | {x}) == 0])`,
  "object.union_n of many": `objects := [{sprintf("k%d", [x]): {"a": x}} | some x in numbers.range(1, 20000)]\np := count([1 | some x in numbers.range(1, 1000); count(object.union_n(array.concat(objects, [{"x": x}]))) == 0])`,
  "numbers of many digits": `p := [1 | some x in numbers.range(1, 1000000); bits.lsh(x, 60000) % 7 == 8]`,
  "units of long texts": `${letters}\nones := replace(letters, "a", "1")\np := [1 | some x in numbers.range(1, 1000); units.parse_bytes(sprintf("%s%d", [ones, x])) == 0]`,
  "to_number of a long text": `${letters}\nones := replace(letters, "a", "1")\np := [1 | some x in numbers.range(1, 1000); to_number(sprintf("%s%dx", [ones, x])) == 0]`,
  "yaml.unmarshal of a long text": `${letters}\nlist := sprintf("[%s1]", [replace(letters, "a", "1,")])\np := [1 | some x in numbers.range(1, 1000); yaml.unmarshal(sprintf("%s\\n#%d", [list, x])) == 0]`,
  "json.unmarshal of a long text": `${letters}\nlist := sprintf("[%s1]", [replace(letters, "a", "[],")])\np := [1 | some x in numbers.range(1, 1000); json.unmarshal(sprintf("%s %s", [list, substring("        ", 0, x % 8)])) == 0]`,
  "a long GraphQL query": `${letters}\nquery := sprintf("{%s}", [replace(letters, "a", "a ")])\np := [1 | some x in numbers.range(1, 1000); graphql.parse_query(query) == {"x": x}]`,
  "upper of a text with accents": `${letters}\naccents := replace(letters, "a", "\u00e9")\np := [1 | some x in numbers.range(1, 1000); upper(sprintf("%s%d", [accents, x])) == ""]`,
  "glob.match of a long text": `${letters}\np := [1 | some x in numbers.range(1, 1000); glob.match(sprintf("*a*a*a*a*a*a*a*a*a*%d", [x]), ["/"], letters)]`,
  "time.format of a long layout": `${letters}\nlayout := replace(letters, "a", "2006x")\np := [1 | some x in numbers.range(1, 1000); time.format([x, "UTC", substring(layout, 0, 300000)]) == ""]`,
  "semver.compare of long numbers": `${letters}\nones := replace(letters, "a", "1")\np := [1 | some x in numbers.range(1, 100000); semver.compare(sprintf("1.0.0-%s", [ones]), sprintf("1.0.0-%s%d", [ones, x])) == 0]`,
};

/** Those that take memory. */
export const largePrograms: Readonly<Record<string, string>> = {
  "lists that double": `${doubling(60, "[1]", (name) => `array.concat(${name}, ${name})`)}\np := count(a60)`,
  "texts that double": `${doubling(60, '"ab"', (name) => `concat("", [${name}, ${name}])`)}\np := count(a60)`,
  "texts that double by sprintf": `${doubling(60, '"ab"', (name) => `sprintf("%s%s", [${name}, ${name}])`)}\np := count(a60)`,
  "texts that double by replace": `${doubling(60, '"ab"', (name) => `replace(${name}, "a", "aa")`)}\np := count(a60)`,
  "texts that double by templates": `${doubling(60, '"ab"', (name) => `$"{${name}}{${name}}"`)}\np := count(a60)`,
  "texts that double as JSON": `${doubling(60, '"\\""', (name) => `json.marshal(${name})`)}\np := count(a60)`,
  "many long texts": `${big}\np := count([t | some x in numbers.range(1, 100000); t := sprintf("%d%s", [x, big])])`,
  "a list of small numbers without end":
    "p := count([1 | some x in numbers.range(1, 1000000); some y in numbers.range(1, 100000)])",
  "a list without end":
    "p := count([[x, y] | some x in numbers.range(1, 1000000); some y in numbers.range(1, 100000)])",
  "a set without end": "p := count({[x, y] | some x in numbers.range(1, 1000000); some y in numbers.range(1, 100000)})",
  "an object without end":
    "p := count({[x, y]: x | some x in numbers.range(1, 1000000); some y in numbers.range(1, 100000)})",
  "a list of ranges": "p := count([r | some x in numbers.range(1, 100000); r := numbers.range(x, x + 100000)])",
  "widths of sprintf": `p := count([t | some x in numbers.range(1, 100000); t := sprintf("%999999d", [x])])`,
  "split of long texts": `${big}\np := count([t | some x in numbers.range(1, 100000); t := split(sprintf("%d%s", [x, big]), "")])`,
  "JSON of many small values": `${letters}\nlist := sprintf("[%s1]", [replace(letters, "a", "[],")])\np := count([t | some x in numbers.range(1, 1000); t := json.unmarshal(list)])`,
  "flattening one list many times": `${many}\np := count(array.flatten([many | some _ in many]))`,
  "a value that shares structure in JSON": `${shared}\np := json.unmarshal(json.marshal(a60))`,
  "results of functions that are remembered": `f(x) := [x, numbers.range(1, 1000)]\np := count([y | some x in numbers.range(1, 1000000); y := f(x)])`,
};
