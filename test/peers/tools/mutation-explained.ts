import type { Problem } from "./compilers.ts";

/** What both sides say of modules in one of which there are mistakes. */
export interface Difference {
  /** What OPA names and this engine does not. */
  theirs: readonly Problem[];
  /** What this engine names and OPA does not. */
  ours: readonly Problem[];
  both: readonly Problem[];
  /** The module with the mistakes. */
  text: string;
}

/** A difference that stays, and why. */
export interface Explanation {
  reason: string;
  /** A module, below `package p`, that both sides differ about for this reason only: an explanation that nothing needs fails the run. */
  example: string;
  explains(difference: Difference): boolean;
}

const parse = "rego_parse_error";
const unsafe = "rego_unsafe_var_error";
const types = "rego_type_error";

export const explanations: readonly Explanation[] = [
  {
    reason:
      "OPA goes on behind what does not parse, and names what follows from it; here a rule's first error is named",
    example: "a := [1, , 2]",
    explains: ({ theirs, ours, both }) =>
      ours.length === 0 && areAll(theirs, parse) && both.length > 0 && areAll(both, parse),
  },
  {
    reason:
      "OPA takes a collection for one thing after another (a comprehension, an object, a set), and names its beginning where it is " +
      "none; here the token in it is named that is wrong",
    example: 'a := {\n\t"b": 1,\n\t"c": lower(,),\n}',
    explains: ({ theirs, ours }) =>
      areAll(theirs, parse) &&
      areAll(ours, parse) &&
      areSome(theirs, /non-terminated (?:object|set|expression|array)|expected (?:rule|function) (?:value|key) term/) &&
      firstRow(ours) >= firstRow(theirs),
  },
  {
    reason:
      "OPA takes back an expression that does not parse, and names the place where another one would have to begin (behind `some x`, " +
      "`every x`, a rule's head); here the token is named that is wrong",
    example: "a if {\n\tsome x in input.b[]\n\tx == 1\n}",
    explains: ({ theirs, ours }) =>
      areAll(theirs, parse) &&
      areAll(ours, parse) &&
      areSome(theirs, /expected \\n or ; or }$|^unexpected in keyword$|^unexpected . token: expected var$/) &&
      firstRow(ours) >= firstRow(theirs),
  },
  {
    reason:
      "annotations are read by another reader of YAML: it words its errors in other ways, and names the row that is wrong",
    example: "# METADATA\n# title: x\n# custom:\n#   a: b: c\na := 1",
    explains: ({ theirs, ours }) =>
      areAll(theirs, parse) && areAll(ours, parse) && areSome([...theirs, ...ours], /^yaml: /),
  },
  {
    reason: "a row that ends with a dot: OPA names the next one",
    example: "a := input.\n\nb := 1",
    explains: ({ theirs, ours, text }) =>
      areAll(theirs, parse) &&
      areAll(ours, parse) &&
      areSome(theirs, /^unexpected whitespace token/) &&
      ours.every(({ row }) => lineOf(text, row).endsWith(".")) &&
      firstRow(theirs) === firstRow(ours) + 1,
  },
  {
    reason: "of rules that need each other OPA names a way around at random, and no names of variables",
    example: "a[x] := y if {\n\tsome x, y in a\n}",
    explains: ({ theirs, ours }) =>
      areAll(theirs, "rego_recursion_error") && areAll(ours, "rego_recursion_error") && areAtSamePlaces(theirs, ours),
  },
  {
    reason: "a variable whose only definition needs an unsafe one is named here, and not by OPA",
    example: "a if {\n\tnot startswith(b.c, input.d)\n\td := lower(b.e)\n\td == input.f\n}",
    explains: ({ theirs, ours, both }) =>
      theirs.length === 0 && areAll(ours, unsafe) && both.some(({ code }) => code === unsafe),
  },
  {
    reason:
      "OPA takes any token behind `if` for the brace that opens a body, and a default rule without a value for one with `true`; it trips " +
      "over what comes next, or over nothing",
    example: "a if |\n\tinput.b\n}",
    explains: ({ theirs, ours, text }) =>
      areAll(ours, parse) &&
      ours.every(
        ({ row }) =>
          /\bif\b|\bnot$|^default /.test(lineOf(text, row)) ||
          /\b(?:if|not|every|some)(?: \W)?$/.test(lineOf(text, row - 1)),
      ) &&
      (theirs.every(({ code }) => code !== parse) || firstRow(theirs) > firstRow(ours)),
  },
  {
    reason:
      "the same rows do not parse, which is said in other words: OPA has tried another form of the expression last",
    example: "a if input. .b == 1",
    explains: ({ theirs, ours }) => areAll(theirs, parse) && areAll(ours, parse) && areAtSamePlaces(theirs, ours),
  },
  {
    reason: "OPA reads no further behind some errors of imports and rules; here the rules behind them are read, too",
    example: "import rego{}v2\n\na := if",
    explains: ({ theirs, ours, both }) => theirs.length === 0 && areAll(ours, parse) && areAll(both, parse),
  },
  {
    reason: "OPA writes names of the package in full in the messages about calls, here they are as written",
    example: "a := [1]\n\nb := a[0].c(1)",
    explains: ({ theirs, ours }) =>
      areAll(theirs, types) &&
      areAll(ours, types) &&
      isSameBut(theirs, ours, (problem) => ({
        ...problem,
        message: problem.message.replaceAll(/\bdata\.(?:[a-z]+\.)*/g, ""),
      })),
  },
  {
    reason: "of rules in conflict OPA names no variables in the heads",
    example: "a := 1\n\na.b[c] := 2 if some c in input.d",
    explains: ({ theirs, ours }) =>
      areAll(theirs, types) && areSome(ours, / conflicts with \[/) && areAtSamePlaces(theirs, ours),
  },
  {
    reason:
      "a head that is a call of a built-in function, and nothing else, is refused by its name by OPA, and as a rule here",
    example: "a := b\n\nlower(input.c)",
    explains: ({ theirs }) => areSome(theirs, /^rule name conflicts with built-in function$/),
  },
  {
    reason:
      "a keyword that begins an expression is a variable here, which is unsafe; to OPA it is the end of the expression before",
    example: "a if {\n\tsome x in input.b\n\twith.c == x\n}",
    explains: ({ theirs, ours }) =>
      areAll(theirs, parse) && ours.every(({ message }) => /^var with is unsafe$/.test(message)),
  },
  {
    reason: "a name that `some` cannot declare (a document, a reference): OPA takes it for a variable that is unsafe",
    example: "a := 1\n\nb if {\n\tsome data\n\ta == 1\n}",
    explains: ({ theirs, text }) => areAll(theirs, unsafe) && /\bsome (?:[^\n]*, )?(?:data|input|\w+[.[])/.test(text),
  },
  {
    reason: "a body without `if`: it is refused here, and OPA refuses the `else` behind it",
    example: "f(x) := 1 input.b {\n\tx\n} else := 2",
    explains: ({ theirs, ours }) =>
      areAll(theirs, parse) && areAll(ours, parse) && areSome(ours, /^`if` keyword is required before rule body$/),
  },
  {
    reason: "a rule that has the name of a built-in function: OPA gives no place to calls of it in template strings",
    example: 'count := 1\n\na := $"{count(input.b)}"',
    explains: ({ theirs, ours }) => areSome(ours, / has arity 0, got /) && theirs.every(({ row }) => row === 0),
  },
  {
    reason:
      "a function that is said to be a member of something else: OPA finds it unknown, or shadowed, in another stage",
    example: "f(x) := x.g(1)",
    explains: ({ theirs, ours }) =>
      areSome([...theirs, ...ours], /^(?:undefined|called) function .*\.\w+(?: shadowed)?$/) && theirs.length <= 1,
  },
  {
    reason:
      "`rego.metadata.rule()` with an argument has no value: in a head, it is refused here, and ends an evaluation by OPA",
    example: "a := rego.metadata.rule({})",
    explains: ({ theirs, ours, text }) =>
      theirs.length === 0 && areAll(ours, unsafe) && /\brego\.metadata\.(?:rule|chain)\([^)]/.test(text),
  },
  {
    reason: "a rule that has the name of a built-in function is called by it here, before what is printed is looked at",
    example: "walk := 1\n\na if walk(input.b, [_, _])\n\nc if print(d)",
    explains: ({ theirs, ours }) =>
      areSome(ours, / has arity 0, got /) && theirs.every(({ message }) => / is undeclared$/.test(message)),
  },
  {
    reason:
      "a stage of this engine names all that it finds before it stops; some errors keep OPA from looking for others",
    example: "a if {\n\tb with c as 1\n}\n\nd if startswith(input.e)",
    explains: ({ theirs, ours, both }) =>
      theirs.length === 0 &&
      both.length > 0 &&
      [...ours, ...both].every(({ code }) => code === types || code === "rego_compile_error"),
  },
  {
    reason:
      "unsafe variables of heads are named here beside what is printed and not declared; OPA stops before it looks for them",
    example: "a contains b if input.c\n\nd if print(e)",
    explains: ({ theirs, ours, both }) =>
      theirs.length === 0 && areAll(ours, unsafe) && areSome(both, / is undeclared$/),
  },
  {
    reason: "rules in conflict are refused here before what is printed is looked at",
    example: "a := 1\n\na contains 2\n\nb if print(c)",
    explains: ({ theirs, ours }) =>
      areSome(ours, /^conflicting rules /) && theirs.every(({ message }) => / is undeclared$/.test(message)),
  },
  {
    reason:
      "a variable of `some` that what is iterated over needs: here the row of the whole is named, and by OPA that of the call",
    example: "a if {\n\tsome b in\n\tb.c == 1\n}",
    explains: ({ theirs, ours, text }) =>
      areAll(ours, unsafe) &&
      isSameBut(theirs, ours, (problem) => ({ ...problem, row: problem.row - 1 })) &&
      ours.every(({ row }) => /\bsome\b.*\bin\s*$/.test(lineOf(text, row))),
  },
  {
    reason:
      "a head that calls a parameter, or a variable of its body: the name is shadowed here, and to OPA no function has it",
    example: "a(b) := b(b, 1)",
    explains: ({ theirs, ours }) =>
      theirs.length === 1 &&
      areSome(theirs, /^undefined function \w+$/) &&
      areSome(ours, /^called function \w+ shadowed$/) &&
      areAtSamePlaces(theirs, ours),
  },
  {
    reason: "a comma that begins a row: OPA names it, and here it goes on with the row before",
    example: "a if {\n\tinput.b\n\t, c\n\td\n}",
    explains: ({ theirs, ours, text }) =>
      areAll(theirs, parse) && areAll(ours, parse) && theirs.every(({ row }) => /^\s*,/.test(lineOf(text, row))),
  },
];

function areAll(problems: readonly Problem[], code: string): boolean {
  return problems.length > 0 && problems.every((problem) => problem.code === code);
}

function areSome(problems: readonly Problem[], form: RegExp): boolean {
  return problems.some(({ message }) => form.test(message));
}

function firstRow(problems: readonly Problem[]): number {
  return Math.min(...problems.map(({ row }) => row));
}

function lineOf(text: string, row: number): string {
  return text.split("\n")[row - 1] ?? "";
}

/** Whether a problem is among others, whatever its details are. */
function isIn(problems: readonly Problem[], { code, message, row }: Problem): boolean {
  return problems.some((other) => other.code === code && other.message === message && other.row === row);
}

/** Whether OPA's problems are this engine's once they are changed. */
function isSameBut(
  theirs: readonly Problem[],
  ours: readonly Problem[],
  change: (problem: Problem) => Problem,
): boolean {
  return ours.length > 0 && theirs.length === ours.length && theirs.every((problem) => isIn(ours, change(problem)));
}

function areAtSamePlaces(theirs: readonly Problem[], ours: readonly Problem[]): boolean {
  const places = (problems: readonly Problem[]): string =>
    [...new Set(problems.map(({ file, row }) => `${file}:${row}`))].sort().join();
  return places(theirs) === places(ours);
}
