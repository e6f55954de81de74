import type { Expression, Import, Location, Term } from "./ast.ts";
import { formatTerm } from "./format.ts";
import { type ParsedRule, RuleParser } from "./rule-parser.ts";
import { SyntaxFailure } from "./syntax-failure.ts";
import { kindName } from "./term-kinds.ts";
import type { StreamMark } from "./token-stream.ts";
import { isKeywordToken, KEYWORDS, Token } from "./tokens.ts";

/** What stands at the top of a module. */
export type Statement =
  | { kind: "package"; path: string[]; location: Location }
  | { kind: "import"; import: Import; location: Location }
  | { kind: "rule"; parsed: ParsedRule; location: Location }
  | { kind: "query"; query: Expression[]; location: Location };

const FUTURE_KEYWORDS = ["contains", "every", "if", "in"];

/** A whole text. Where a statement cannot be read, reading ends: what comes after it would be guessed. */
export class ModuleParser extends RuleParser {
  readonly failures: SyntaxFailure[] = [];

  /** The statements before the first failure. */
  parseStatementList(options: { rules: boolean }): Statement[] {
    const statements: Statement[] = [];
    try {
      this.scan();
      while (!this.at(Token.Eof)) this.parseStatement(statements, options.rules);
    } catch (thrown) {
      if (!(thrown instanceof SyntaxFailure)) throw thrown;
      this.failures.push(thrown);
    }
    return statements;
  }

  protected rereader(): (at: StreamMark) => Term {
    const { file, text } = this;
    return (at) => {
      const parser = new ModuleParser(file, text);
      parser.goTo(at);
      return parser.parseWritten();
    };
  }

  private parseStatement(into: Statement[], rules: boolean): void {
    const location = this.location();
    const isName = this.startsReference();
    if (this.at(Token.Package) && !isName) {
      into.push({ kind: "package", path: this.parsePackage(), location: this.span(location) });
    } else if (this.at(Token.Import) && !isName) {
      const parsed = this.parseImport(location);
      into.push({ kind: "import", import: parsed, location: parsed.location });
    } else {
      const before = this.save();
      const parsed = rules ? this.parseRules() : undefined;
      if (parsed !== undefined) {
        for (const rule of parsed) into.push({ kind: "rule", parsed: rule, location: rule.rule.location });
        return;
      }
      this.restore(before);
      into.push({ kind: "query", query: this.parseQuery(), location: this.span(location) });
    }
  }

  private parsePath(): Term {
    this.scan();
    if (!this.at(Token.Ident) && !isKeywordToken(this.token)) this.illegal();
    this.token = Token.Ident;
    return this.parseTerm();
  }

  private parsePackage(): string[] {
    const term = this.parsePath();
    if (term.kind === "var") return [term.name];
    if (term.kind !== "ref") return this.illegal();
    if (term.head.kind !== "var") {
      return this.fail(`unexpected ${kindName(term.head)} token: expecting var`, term.head.location);
    }
    return [term.head.name, ...this.stringOperands(term.operands)];
  }

  private stringOperands(operands: readonly Term[]): string[] {
    return operands.map((operand) =>
      operand.kind === "string"
        ? operand.value
        : this.fail(`unexpected ${kindName(operand)} token: expecting string`, operand.location),
    );
  }

  private parseImport(location: Location): Import {
    const term = this.parsePath();
    const path = this.importPath(term);
    const [root = ""] = path;
    if (!["data", "future", "input", "rego"].includes(root)) {
      const got = term.kind === "ref" ? formatTerm(term.head) : root;
      this.fail(
        `unexpected import path, must begin with one of: {data, future, input, rego}, got: ${got} (hint: if this is unexpected, try updating OPA)`,
        term.location,
      );
    }
    const alias = this.at(Token.As) ? this.parseAlias() : undefined;
    this.checkImport(path, alias, term);
    return { path, ...(alias === undefined ? {} : { alias }), location: this.span(location) };
  }

  private importPath(term: Term): string[] {
    if (term.kind === "var") return [term.name];
    if (term.kind !== "ref") return this.fail("expected path");
    const operands = this.stringOperands(term.operands);
    return [term.head.kind === "var" ? term.head.name : formatTerm(term.head), ...operands];
  }

  private parseAlias(): string {
    this.scan();
    this.expect(Token.Ident, "expected var");
    const alias = this.parseTerm();
    return alias.kind === "var" ? alias.name : this.illegal("expected var");
  }

  private checkImport(path: string[], alias: string | undefined, term: Term): void {
    const [root, second, third] = path;
    const note = (message: string, location: Location): unknown =>
      this.failures.push(new SyntaxFailure(message, location));
    const last = path.at(-1) ?? "";
    if (alias === undefined && root !== "future" && KEYWORDS.has(last)) {
      const location = term.kind === "ref" ? (term.operands.at(-1) ?? term).location : term.location;
      note(`unexpected import path, must not end with a keyword, got: ${last}`, location);
    }
    if (root === "rego" && (second !== "v1" || path.length > 2)) {
      note(`invalid import \`${path.join(".")}\`, must be \`rego.v1\``, term.location);
    }
    if (root !== "future") return;
    if (second !== "keywords") note("invalid import, must be `future.keywords`", term.location);
    else if (alias !== undefined) note("`future` imports cannot be aliased", term.location);
    else if (path.length === 3 && !FUTURE_KEYWORDS.includes(third ?? "")) {
      note(`unexpected keyword, must be one of [${FUTURE_KEYWORDS.join(" ")}]`, term.location);
    }
  }
}
