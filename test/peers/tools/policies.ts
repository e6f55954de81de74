/** Small folders with policies, tests and data. */
export const policies = {
  "authz.rego": `package authz

import data.cfg

default allow := false

allow if {
	input.method == "GET"
	some g in input.groups
	g in cfg.groups
}

is_admin(u) if {
	u.role == "admin"
	u.level > 3
}

names contains n if {
	some u in input.users
	n := u.name
}
`,
  "cfg/data.json": '{"groups": ["a", "b"]}',
  "cfg/more.yaml": "limits:\n  low: 1\n  high: 017\n  enabled: yes\n",
};

const header = "package authz_test\n\nimport data.authz\n\n";

/** Tests, by what is special about them; each is a file of its own, of the package `authz_test`. */
export const tests = {
  passing: `${header}test_ok if authz.allow == false with input as {}\n\ntest_yaml if data.cfg.limits == {"low": 1, "high": 15, "enabled": true}\n`,
  "a false rule": `${header}test_allow if {\n\tauthz.allow with input as {"method": "GET", "groups": ["x", "y"]}\n}\n`,
  locals: `${header}test_local if {\n\tx := 1\n\ty := {"a": [1, 2, 3], "b": "a long text that will not fit in the sixty-four columns of a value"}\n\ty.a[1] == x\n}\n`,
  negation: `${header}test_not if {\n\tu := {"role": "admin", "level": 5}\n\tnot authz.is_admin(u)\n}\n`,
  every: `${header}test_every if {\n\tevery k, v in {"a": 1, "b": 20} {\n\t\tv < 10\n\t\tk != ""\n\t}\n}\n`,
  "a comprehension": `${header}test_count if {\n\tcount([x | some x in [1, 2, 3, 4]; x > 1]) == 4\n}\n`,
  "a call": `${header}test_call if {\n\tauthz.is_admin({"role": "admin", "level": 2})\n}\n`,
  "a set": `${header}test_names if {\n\tauthz.names == {"a"} with input as {"users": [{"name": "b"}]}\n}\n`,
  iteration: `${header}test_iter if {\n\tsome x in [1, 2, 3]\n\tx > 5\n}\n`,
  "spaces and several rows": `${header}test_rows if {\n    x := 1\n    y := 2\n    [x,\n     y] == [1, 3]\n}\n`,
  "what is printed": `${header}test_print if {\n\tprint("hello", input)\n\tfalse\n}\n\ntest_quiet if print("not shown")\n`,
  skipped: `${header}test_ok if true\n\ntodo_test_later if false\n`,
  "an error": `${header}test_conflict if p == 1\n\np := 1\n\np := 2 if true\n\ntest_ok if true\n`,
  "a table": `${header}test_concat[note] if {\n\tsome note, tc in {\n\t\t"empty": {"a": [], "exp": ""},\n\t\t"bad": {"a": ["x", "y"], "exp": "x"},\n\t\t"one": {"a": ["x"], "exp": "x"},\n\t\t"worse": {"a": ["z"], "exp": "x"},\n\t}\n\texp := tc.exp\n\tact := concat("", tc.a)\n\tact == exp\n}\n`,
  // Where no expression failed, opa says nothing of what the test was; see docs/rego-engine.md.
  "a value": `${header}test_value := 1\n\ntest_false := false\n`,
  "names of rules": `${header}limit := 10\n\ntest_limit if sprintf("%d", [limit]) == "11"\n\ntest_object if {"a": limit} == {"a": 11}\n`,
  "two of a name": `${header}test_a if true\n\ntest_a if {\n\tx := 2\n\tx == 1\n}\n`,
  "no tests": "package authz_test\n\np := 1\n",
} as const;

/** Policies that are wrong, by what is wrong with them. */
export const broken = {
  "a row that does not parse": "package a\n\np if {\n\t1 +\n}\n",
  "a row after tabs and spaces": "package a\n\np if {\n\t  x := [1, 2\n\t  y := 3\n}\n",
  "an unsafe variable": "package b\n\np := 1 if { x }\n",
  "an unknown function": "package b\n\np := unknown(1)\n",
  recursion: "package b\n\np if p\n",
  "two packages of rules in conflict": "package b\n\np(x) := x\n\np := 1\n",
  "two errors": "package b\n\np := x\n\nq := y\n",
  "a file that ends too early": "package a\n\np if {\n\tinput.x \n\n  ",
  "a row that ends too early": "package a\n\nimport \n",
  "no package": "p := 1\n",
  nothing: "",
} as const;

/** Policies for the strict mode, by what it looks at. */
export const strict = {
  "imports that are not used": "package p\n\nimport data.x\nimport data.y as z\nimport input.q\n\na := 1\n",
  "two imports of one name": "package p\n\nimport data.x\nimport data.y.x\n\na := x\n",
  "names that are assigned and not used":
    "package p\n\na if {\n\tx := 1\n\ty := 2\n\tinput.z == 3\n}\n\nb := [1 | q := input.x]\n\nc if {\n\tevery x in input.l {\n\t\ty := x\n\t}\n}\n",
  "parameters that are not used":
    'package p\n\nf(x, y) := x\n\ng(x) := 1\n\nh(_) := 1\n\nk([x, y]) := x\n\nl({"a": z}) := 1\n\nm(x) := 1 if {\n\tx == 1\n} else := 2\n\nn(x) := 1 if { true } else := x\n',
  "functions that are deprecated":
    'package p\n\na if any([true])\n\nb if all([true])\n\nc if re_match("a", "b")\n\nd := set_diff({1}, {2})\n\ne := cast_array([1])\n',
  "names in patterns":
    'package p\n\na if {\n\t[x, y] := input.l\n\tx == 1\n}\n\nb if {\n\t{"a": q, "b": [r]} := input.l\n}\n',
  "names in comprehensions": "package p\n\na := {x: y | some x; input.l[x]; y := [z | z := 1; w := 2]}\n",
  "names of documents":
    "package p\n\ng if { data := 1 }\n\nh if { input := 2 }\n\ni if { every data in [1] { data } }\n\nj := [input | input := 1]\n",
  "names that are declared and not used":
    "package p\n\na if {\n\tsome x, y in input.l\n\tx == 1\n}\n\nb if {\n\tsome z\n\tinput.l[z]\n\tsome w\n}\n",
  "an import that `else` uses": "package p\n\nimport data.x\n\na if {\n\tinput.y\n} else := x\n",
} as const;
