import type { Difference } from "./compare.ts";

/** A difference that stays, and why. */
export interface Explanation {
  reason: string;
  explains(difference: Difference, module: string): boolean;
}

export const explanations: readonly Explanation[] = [
  {
    reason:
      "of two rules that conflict, OPA names the one that it happens to evaluate last; this engine names the one that is " +
      "written last",
    explains: ({ path, opa, engine }) =>
      path !== "compile" && withoutRows(opa) === withoutRows(engine) && opa.includes("eval_conflict_error"),
  },
  {
    reason:
      "where a document meets two conflicts, the one that is met first is named: rules and arguments are evaluated in another order",
    explains: ({ path, opa, engine }) =>
      path !== "compile" && [opa, engine].every((side) => /^\d+: eval_conflict_error: [^;]*$/.test(side)),
  },
  {
    reason: "OPA names at most ten errors, and gives no place to what is called or not declared in a template string",
    explains: ({ path, opa, engine }) => path === "compile" && isSameButPlaces(toProblems(opa), toProblems(engine)),
  },
  {
    reason: "OPA refuses names of rules and of variables in template strings that it takes for undeclared there",
    explains: ({ path, opa }, module) =>
      path === "compile" &&
      /\$["`]/.test(module) &&
      (isAll(toProblems(opa), "rego_compile_error", /is undeclared$/) ||
        isAll(toProblems(opa), "rego_unsafe_var_error", /^var [rf]\d+ is unsafe$/)),
  },
  {
    reason:
      "a comprehension with an undefined reference is checked twice by OPA, the second time as if nothing were known of the " +
      "variables in it: what follows from its type, or from there being none, is reported by one of both only",
    explains: ({ path, opa, engine }) => {
      const [theirs, ours] = [toProblems(opa), toProblems(engine)];
      const isUndefined = (text: string) => /undefined ref: (?!data|input)|undefined ref: [^;]*\[[a-z]\w*\]/.test(text);
      return (
        path === "compile" &&
        isAll([...theirs, ...ours], "rego_type_error", /./) &&
        ((isUndefined(engine) && isWithin(ours, theirs)) || (isUndefined(opa) && isWithin(theirs, ours)))
      );
    },
  },
  {
    reason:
      "OPA checks the bodies of a function in an order that is another one each time: where the last of them has an error, it knows of " +
      "no function; this engine takes the error for the last",
    explains: ({ path, opa, engine }, module) => {
      const [theirs, ours] = [toProblems(opa), toProblems(engine)];
      const other = [...rest(theirs, ours), ...rest(ours, theirs)];
      const names = other.map(({ message }) => /^undefined function data\.p\.(\w+)$/.exec(message)?.[1]);
      return (
        path === "compile" &&
        isAll(other, "rego_type_error", /./) &&
        names.every((name) => name !== undefined && module.split(`\n${name}(`).length > 2)
      );
    },
  },
  {
    reason: "1e2 is no index to OPA, though it is equal to 100; to this engine it is 100",
    explains: ({ path, opa, engine }) =>
      path === "compile" &&
      isAll(rest(toProblems(opa), toProblems(engine)), "rego_type_error", /^undefined ref: .*\[1e2\]/) &&
      rest(toProblems(engine), toProblems(opa)).length === 0,
  },
  {
    reason: "OPA looks at nothing else where a parameter is called input or data",
    explains: ({ path, opa, engine }) =>
      path === "compile" &&
      isAll(toProblems(opa), "rego_compile_error", /^args must not shadow/) &&
      isWithin(toProblems(opa), toProblems(engine)),
  },
  {
    reason: "where a name is used before it is declared, what is in the same expression is not looked at by OPA",
    explains: ({ path, opa, engine }) =>
      path === "compile" &&
      isAll([...toProblems(opa), ...toProblems(engine)], "rego_compile_error", /referenced above$/) &&
      isWithin(toProblems(opa), toProblems(engine)),
  },
  {
    reason: "OPA takes what the statement before `every` binds for what `every` binds, and finds no order",
    explains: ({ path, opa, engine }, module) => {
      const lines = module.split("\n");
      const isEvery = ({ row }: Problem) => (lines[row - 1] ?? "").includes("every ");
      const theirs = toProblems(opa);
      return (
        path === "compile" &&
        isAll(theirs, "rego_unsafe_var_error", /./) &&
        theirs.every(isEvery) &&
        !engine.includes("rego_unsafe_var_error")
      );
    },
  },
  {
    reason: "a variable whose only definition needs an unsafe one is listed here, and not by OPA",
    explains: ({ path, opa, engine }) =>
      path === "compile" &&
      isAll([...toProblems(opa), ...toProblems(engine)], "rego_unsafe_var_error", /./) &&
      isWithin(toProblems(opa), toProblems(engine)),
  },
  {
    reason:
      "OPA does not look at the other variables of an expression with a comprehension that needs a variable of the body: an unsafe one " +
      "is refused here, and has no value there",
    explains: ({ path, opa, engine }, module) => {
      const lines = joinLines(module).split("\n");
      const more = rest(toProblems(engine), toProblems(opa));
      const isBeside = ({ row }: Problem) => / \| |every /.test(lines[row - 1] ?? "");
      return path === "compile" && isAll(more, "rego_unsafe_var_error", /./) && more.every(isBeside);
    },
  },
  {
    reason:
      "a set with a variable that nothing else binds, as the operand of a reference or in a pattern, matches nothing for OPA, and is " +
      "refused here",
    explains: ({ path, opa, engine }, module) => {
      const lines = joinLines(module).split("\n");
      const ours = toProblems(engine);
      const hasSet = ({ row }: Problem) => /[[:,] ?\{[^:|{}]*v\d+[^:|{}]*\}[^|]* = /.test(lines[row - 1] ?? "");
      return (
        path === "compile" &&
        isAll(ours, "rego_unsafe_var_error", /./) &&
        (!opa.includes("_error") || (!opa.includes("rego_unsafe_var_error") && ours.some(hasSet)))
      );
    },
  },
  {
    reason:
      "numbers as texts (keys, templates): OPA remembers how a number was written (1e2) and writes computed ones as Go does " +
      "(1.23456775e+06), this engine writes the shortest decimal",
    explains: ({ path, opa, engine }) => path !== "compile" && withPlainNumbers(opa) === withPlainNumbers(engine),
  },
  {
    reason:
      "OPA evaluates the member of a partial document that is asked for; this engine evaluates the document, and can meet a conflict of " +
      "a function that OPA does not come to",
    explains: ({ path, opa, engine }, module) =>
      path !== "compile" &&
      /^\d+: eval_conflict_error: functions [^;]*$/.test(engine) &&
      !opa.includes("_error") &&
      /\br\d+(?:\[|\.\w)/.test(module),
  },
  {
    reason:
      "OPA goes through a set that is written with references in the order of the terms, this engine in that of the values",
    explains: ({ path, opa, engine }, module) =>
      path !== "compile" && /\{[^{}|:]*[a-z][\w.]*\b[^{}|:]*\}/.test(module) && sortText(opa) === sortText(engine),
  },
  {
    reason: "1e2 is no integer to OPA's built-in functions, though it is equal to 100; to this engine it is 100",
    explains: ({ path }, module) => path !== "compile" && module.includes("1e2"),
  },
  {
    reason: "OPA drops `not true` from a body where something is added to it: what a head or a comprehension needs",
    explains: ({ path, opa, engine }, module) =>
      /not true\b/.test(module) && (path !== "compile" || rest(toProblems(opa), toProblems(engine)).length === 0),
  },
];

/** What OPA does not live through, by what is in the program. */
export const crashReasons: readonly { reason: string; explains(module: string): boolean }[] = [
  {
    reason:
      'panic: illegal value (v1/ast/index.go): the rule index takes no objects and sets as members, `input.x in [{"a": 1}]`',
    explains: (module) => /(?:\w|\]) in [[{].*[[{]/.test(module),
  },
  {
    reason:
      "panic: interface conversion (v1/topdown/eval.go): a list with variables as the key of a document whose rules have several keys, " +
      "`some x, y; r[[x, y]]`",
    explains: (module) => /:= r\d+\[\[x, y\]\]/.test(module),
  },
  {
    reason:
      "stack overflow (v1/types): a type that holds itself, which recursive rules with errors have, is written into a message",
    explains: (module) => [...module.matchAll(/^(r\d+)/gm)].some(([, name]) => isNamedTwice(module, name ?? "")),
  },
];

/** Whether a rule's own name stands in its text. */
function isNamedTwice(module: string, name: string): boolean {
  const own = module.split("\n\n").filter((rule) => rule.startsWith(name));
  return own.some((rule) => rule.split(new RegExp(`\\b${name}\\b`)).length > 3);
}

interface Problem {
  row: number;
  code: string;
  message: string;
}

/** Reads a side of a difference in compilation; empty where it compiles. */
function toProblems(text: string): Problem[] {
  const matches = text.matchAll(/(?:^|; )(\d+): (\w+_error): (.*?)(?=; \d+: \w+_error|$)/gs);
  return [...matches].map(([, row, code, message]) => ({
    row: Number(row),
    code: code as string,
    message: (message as string).replaceAll(/__local\d+__/g, "_"),
  }));
}

/** A line that begins with a minus goes on with the one before it; rows stay. */
function joinLines(module: string): string {
  return module.replaceAll(/([^\n]*)\n( *-[^\n]*)/g, "$1$2\n");
}

/** Whether there are problems, and all are of a code and have messages of a form. */
function isAll(problems: readonly Problem[], code: string, form: RegExp): boolean {
  return problems.length > 0 && problems.every((problem) => problem.code === code && form.test(problem.message));
}

/** Problems whose places are none of others'. */
function rest(problems: readonly Problem[], others: readonly Problem[]): Problem[] {
  return problems.filter((problem) => !isWithin([problem], others));
}

/** Whether each place of some problems is one of others. */
function isWithin(some: readonly Problem[], others: readonly Problem[]): boolean {
  const places = new Set(others.map(({ row, code }) => `${code}:${row}`));
  return some.length > 0 && some.every(({ row, code }) => places.has(`${code}:${row}`));
}

/** Whether the engine's problems are OPA's, with places where OPA has none, and more only where OPA stopped. */
function isSameButPlaces(theirs: Problem[], ours: Problem[]): boolean {
  const isStopped = theirs.some(({ message }) => message === "error limit reached");
  const named = theirs.filter(({ message }) => message !== "error limit reached");
  const placed = named.filter(({ row }) => row !== 0);
  const open = named.filter(({ row }) => row === 0);
  if (!isStopped && open.length === 0) return false;
  const isKnown = (list: readonly Problem[], { code, message }: Problem): boolean =>
    list.some((other) => other.code === code && other.message === message);
  return (
    rest(placed, ours).length === 0 &&
    open.every((problem) => isKnown(ours, problem)) &&
    (isStopped || rest(ours, placed).every((problem) => isKnown(open, problem)))
  );
}

/** The same for texts of the same characters. */
function sortText(text: string): string {
  return [...text].sort().join("");
}

function withoutRows(text: string): string {
  return text.replace(/^\d+: /, "").replaceAll(/; \d+: /g, "; ");
}

function withPlainNumbers(text: string): string {
  return text.replaceAll(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (number) => String(Number(number)));
}
