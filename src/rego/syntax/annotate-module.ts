import { readFields } from "./annotation-fields.ts";
import type { AnnotationScope, Annotations, Location, Module, Rule } from "./ast.ts";
import type { CommentList } from "./comment-list.ts";
import type { Statement } from "./module-parser.ts";
import { type PathPart, rulePath } from "./rule-path.ts";
import { SyntaxFailure } from "./syntax-failure.ts";
import { type AnnotationBlock, readWholeBlock, YamlProblem } from "./yaml-block.ts";
import { readPlainBlock } from "./yaml-plain-block.ts";

/** A block that was read and waits for what it is about. */
type Draft = Omit<Annotations, "scope"> & { scope: string };

export interface ReadAnnotations {
  failures: SyntaxFailure[];
  /** Binds the blocks to the statements after them and fills `annotations` of the module and of its rules. */
  attach(statements: readonly Statement[]): SyntaxFailure[];
}

/** Reads a module's `# METADATA` blocks: comments in the first column, without a gap between their rows. */
export function readAnnotations(module: Module, comments: CommentList): ReadAnnotations {
  const failures: SyntaxFailure[] = [];
  const drafts: Draft[] = [];
  for (let index = 0; index < comments.length; index++) {
    if (!comments.isFirstInRow(index) || !comments.text(index).trimStart().startsWith("METADATA")) continue;
    const last = findLast(comments, index);
    const draft = readBlock(comments, index, last);
    if (draft instanceof SyntaxFailure) failures.push(draft);
    else drafts.push(draft);
    // What a block holds begins no other one, whatever it looks like.
    index = last;
  }
  return { failures, attach: (statements) => attachDrafts(module, drafts, statements) };
}

/** The last comment of the block with this title. */
function findLast(comments: CommentList, title: number): number {
  let last = title;
  while (comments.isFirstInRow(last + 1) && comments.row(last + 1) === comments.row(last) + 1) last++;
  return last;
}

/** Reads the block below its title. */
function readBlock(comments: CommentList, title: number, last: number): Draft | SyntaxFailure {
  let text = "";
  for (let index = title + 1; index <= last; index++) {
    const line = comments.text(index);
    text += `${line.startsWith(" ") ? line.slice(1) : line}\n`;
  }
  const location = comments.location(title);
  if (text.trim() === "") return new SyntaxFailure("expected METADATA block, found whitespace", location);
  try {
    return { ...readText(text), location, endRow: comments.row(last) };
  } catch (thrown) {
    if (!(thrown instanceof YamlProblem)) throw thrown;
    const { message, line } = thrown;
    const place = line === undefined ? location : comments.location(Math.min(title + line, last));
    const hints = message.startsWith("yaml:") ? separatorHints(comments, title + 1, last) : "";
    return new SyntaxFailure(message + hints, place);
  }
}

/** The whole reader tells what is wrong, and where: it reads every block that the quick one does not take. */
function readText(text: string): Omit<Draft, "location" | "endRow"> {
  const read = (yaml: AnnotationBlock) => ({ ...readFields(yaml), scope: yaml.string("scope") });
  const plain = readPlainBlock(text);
  if (plain !== undefined) {
    try {
      return read(plain);
    } catch (thrown) {
      if (!(thrown instanceof YamlProblem)) throw thrown;
    }
  }
  return read(readWholeBlock(text));
}

/** YAML wants a space after a key's colon; some that look like one are none. */
function separatorHints(comments: CommentList, first: number, last: number): string {
  let hints = "";
  for (let index = first; index <= last; index++) {
    const [, ...parts] = comments.text(index).split(":");
    const wrong: string[] = [];
    for (const [index, part] of parts.entries()) {
      if ((part === "" && index === parts.length - 1) || part.startsWith(" ") || part.startsWith("\t")) break;
      const code = part.codePointAt(0) ?? 0xfffd;
      wrong.push(code > 126 ? `'\\u${code.toString(16).padStart(4, "0")}'` : `'${String.fromCodePoint(code)}'`);
    }
    if (wrong.length === 0) continue;
    hints += `\n  Hint: on line ${comments.row(index)}, symbol(s) [${wrong.join(" ")}] immediately following a key/value separator ':' is not a legal yaml space character`;
  }
  return hints;
}

function attachDrafts(module: Module, drafts: readonly Draft[], statements: readonly Statement[]): SyntaxFailure[] {
  const failures: SyntaxFailure[] = [];
  const bound: { annotations: Annotations; path: PathPart[] }[] = [];
  for (const draft of drafts) {
    const target = statements.find((statement) => statement.location.row > draft.location.row);
    const scope = draft.scope === "" ? defaultScope(target, draft.entrypoint === true) : draft.scope;
    const problems = scopeProblems(scope, draft, target);
    failures.push(...problems);
    if (problems.length > 0 || !isScope(scope)) continue;
    const annotations: Annotations = { ...draft, scope };
    module.annotations.push(annotations);
    const rule = target?.kind === "rule" ? target.parsed.rule : undefined;
    bound.push({ annotations, path: rule === undefined ? ["data", ...module.package] : rulePath(module, rule) });
  }
  attachToRules(module, bound);
  return failures;
}

/** As OPA hands them out: a document's to every rule of its path; a rule's to the next rule of its path, which then keeps the nearest. */
function attachToRules(module: Module, bound: { annotations: Annotations; path: PathPart[] }[]): void {
  const open = bound.map(({ annotations, path }) => ({ annotations, key: JSON.stringify(path) }));
  if (open.length === 0) return;
  for (const rule of module.rules) {
    const key = JSON.stringify(rulePath(module, rule));
    const own = open.filter((entry) => entry.key === key && isFor(entry.annotations, rule));
    rule.annotations.push(...own.map(({ annotations }) => annotations));
    const nearest = own.findLast(({ annotations }) => annotations.scope === "rule");
    if (nearest !== undefined) open.splice(open.indexOf(nearest), 1);
  }
}

function isFor(annotations: Annotations, rule: Rule): boolean {
  if (annotations.scope === "document") return true;
  return annotations.scope === "rule" && rule.location.row > annotations.location.row;
}

function defaultScope(target: Statement | undefined, entrypoint: boolean): string {
  if (target?.kind === "rule") return entrypoint ? "document" : "rule";
  return target?.kind === "package" || target?.kind === "import" ? target.kind : "";
}

function isScope(scope: string): scope is AnnotationScope {
  return scope === "rule" || scope === "document" || scope === "package" || scope === "subpackages";
}

function scopeProblems(scope: string, draft: Draft, target: Statement | undefined): SyntaxFailure[] {
  const { location, entrypoint } = draft;
  const problems: SyntaxFailure[] = [];
  const wanted = scope === "rule" || scope === "document" ? "rule" : "package";
  if (!isScope(scope)) {
    problems.push(
      fail(`invalid annotation scope '${scope}'. Use one of 'rule', 'document', 'package', or 'subpackages'`, location),
    );
  } else if (target?.kind !== wanted) {
    const have = target === undefined ? "" : ` (have ${target.kind})`;
    problems.push(fail(`annotation scope '${scope}' must be applied to ${wanted}${have}`, location));
  }
  if (entrypoint === true && scope !== "document" && scope !== "package") {
    problems.push(fail(`annotation entrypoint applied to non-document or package scope '${scope}'`, location));
  }
  return problems;
}

function fail(message: string, location: Location): SyntaxFailure {
  return new SyntaxFailure(message, location);
}
