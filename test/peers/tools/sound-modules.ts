import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../sealcheck.ts";

/** Modules without mistakes that are checked together, by their file's name. */
export type Modules = Readonly<Record<string, string>>;

/** Small modules that together have all of the language's forms, and the example policies, which take the most time. */
export function readSoundModules(): Modules[] {
  return [...snippets.map((text): Modules => ({ "p.rego": text })), readFolder(join(root, "examples", "policy"))];
}

function readFolder(folder: string): Modules {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".rego"));
  return Object.fromEntries(
    paths.sort().map((path) => [path.replaceAll("\\", "/"), readFileSync(join(folder, path), "utf8")]),
  );
}

const snippets: readonly string[] = [
  `package app.rbac

import data.users
import input.subject as who

default allow := false

allow if user_is_admin

allow if {
	some grant in user_is_granted
	input.action == grant.action
	input.type == grant.type
}

user_is_admin if "admin" in users[who].roles

user_is_granted contains grant if {
	some role in users[who].roles
	some grant in data.role_grants[role]
}
`,
  `package kubernetes.admission

deny contains msg if {
	input.request.kind.kind == "Pod"
	some container in input.request.object.spec.containers
	not startswith(container.image, "hooli.com/")
	msg := sprintf("image %q comes from an untrusted registry", [container.image])
}

deny contains msg if {
	some i
	container := input_containers[i]
	container.securityContext.privileged == true
	msg := concat(" ", ["container", container.name, "is privileged", format_int(i, 10)])
}

input_containers := [c | c := input.request.object.spec.containers[_]]

count_of[kind] := n if {
	some kind, names in group_by_kind
	n := count(names)
}

group_by_kind[kind] contains name if {
	some item in input.items
	kind := item.kind
	name := item.metadata.name
}
`,
  `package functions

import rego.v1

area(shape) := shape.w * shape.h if shape.kind == "rectangle"

area(shape) := 3.14 * (shape.r * shape.r) if shape.kind == "circle"

sign(x) := "positive" if {
	x > 0
} else := "zero" if {
	x == 0
} else := "negative"

pair([a, b]) := {"first": a, "second": b}

default level(_) := 0

level("high") := 3

level("low") := 1

total := sum([area(s) | some s in input.shapes])

largest := max({area(s) | some s in input.shapes; s.kind != "point"})

named := {s.name: area(s) | some s in input.shapes}

p if {
	x := sign(total)
	pair([x, 1]).first == x
	level(x) + 1 < 2
	lower(x) == "positive"
}
`,
  `package collections

sites := [
	{"region": "east", "name": "prod", "servers": [{"name": "web-0", "port": 80}]},
	{"region": "west", "name": "smoke", "servers": [{"name": "db-0", "port": 5432}]},
]

names contains site.servers[_].name if some site in sites

ports[name] := port if {
	some site in sites
	some server in site.servers
	name := server.name
	port := server.port
}

all_low if every site in sites {
	every server in site.servers {
		server.port < 10000
	}
}

some_west if {
	some i, j
	sites[i].region == "west"
	sites[i].servers[j].port > 100
}

regions := {r | r := sites[_].region}

known := regions | {"north"}

missing := known - {r | some r in regions; r != "west"}

config.limits.cpu := 4

config.limits.memory := "1Gi"

config.names[name] := true if some name in names

first := sites[0].servers[0].name

bracketed := config["limits"].cpu + 1
`,
  `package messages

threshold := 10

greet(name) := $"hello {name}, you have {count(input.items)} items"

warn contains message if {
	some key, value in input.limits
	value > threshold
	message := $"{key} is {value}: more than {threshold}"
}

report := {
	"date": time.format(time.now_ns()),
	"id": uuid.rfc4122("a"),
	"text": trim_space(concat("\\n", [m | some m in warn])),
	"valid": json.is_valid(input.raw),
	"match": regex.match(\`^a+$\`, input.name),
	"rest": object.remove(input.limits, ["cpu"]),
}

overridden := x if {
	x := report with input as {"items": [], "limits": {"cpu": 1}} with data.messages.threshold as 2
}

mocked if greet("a") == "b" with count as 3

found contains path if {
	walk(input, [path, value])
	value == "secret"
}

either if {
	not overridden
	print("nothing", threshold)
} else := false
`,
  `# METADATA
# title: Requests
# custom:
#   owner: team
package schemas

import data.roles as r

method := upper(input.method)

path := split(trim(input.path, "/"), "/")

# METADATA
# title: Reading
# description: Whoever may read
# custom:
#   level: 1
allow if {
	method == "GET"
	["public", _] = path
}

allow if {
	path = ["users", id]
	id == input.user.id
	{"role": role} = input.user
	role in r.readers
}

code := 403 if not allow

code := 200 if allow

headers["x-level"] := rego.metadata.rule().custom.level

tree := graph.reachable({"a": ["b"], "b": []}, {"a"})

mask := bits.and(7, 3) if is_number(1)

versions := [v | some v in input.versions; semver.compare(v, "1.0.0") >= 0]

sorted := sort(versions)
`,
  `package nested.a["b-c"]

rules := {x: [y | y := input[x][_]; y > 1] | some x in ["a", "b"]}

deep := object.union(object.get(input, ["a", "b"], {}), {"c": [1, 2, {3}]})

check if {
	count([x | x := rules[_]; count(x) > 0]) > 1
	not any_wrong
	z := to_number("1") + abs(-1)
	z <= round(2.5) % 2
}

any_wrong if {
	some value in rules
	some number in value
	number == 1
}

both := true if {
	check
	input.x == 1
	input.y != "b"
}

arithmetic := ((1 + 2) * 3) / 4 - 1

sets := {1, 2} & {2, 3}

flags := [input.a == 1, input.b > 2, "x" in input.c, true]

f(x, y) := z if {
	x > y
	z := x - y
}

g(x) := f(x, 1)

h := g(f(2, 1))
`,
];
