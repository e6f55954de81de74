import type { Annotations } from "./ast.ts";
import { formatTerm } from "./format.ts";
import { ModuleParser } from "./module-parser.ts";
import { type AnnotationBlock, isRecord, YamlProblem } from "./yaml-block.ts";

type Author = NonNullable<Annotations["authors"]>[number];
type Resource = NonNullable<Annotations["related_resources"]>[number];
type Schema = NonNullable<Annotations["schemas"]>[number];

/** A block's fields, without its scope: that may depend on what follows the block. Throws `YamlProblem`. */
export function readFields(block: AnnotationBlock): Partial<Annotations> {
  const compile = block.record("compile");
  if (compile !== undefined) checkCompile(compile);
  const custom = block.record("custom");
  return {
    ...present("title", block.string("title")),
    ...present("description", block.string("description")),
    ...(block.boolean("entrypoint") ? { entrypoint: true } : {}),
    ...present("organizations", block.strings("organizations")),
    ...present("related_resources", block.list("related_resources").map(toResource)),
    ...present("authors", block.list("authors").map(toAuthor)),
    ...present("schemas", block.list("schemas").map(toSchema)),
    ...(compile === undefined ? {} : { compile }),
    ...(custom === undefined ? {} : { custom }),
  };
}

function present<Name extends string, Value extends { length: number }>(
  name: Name,
  value: Value,
): { [key in Name]?: Value } {
  return value.length === 0 ? {} : ({ [name]: value } as { [key in Name]: Value });
}

function text(record: Record<string, unknown>, name: string): string {
  const value = record[name];
  return typeof value === "string" ? value.trim() : "";
}

function toResource(value: unknown): Resource {
  const refuse = (why: string): never => {
    throw new YamlProblem(`invalid related-resource definition ${describe(value)}: ${why}`);
  };
  if (typeof value === "string")
    return value === "" ? refuse("ref URL may not be empty string") : { ref: checkUrl(value, refuse) };
  if (!isRecord(value)) return refuse("invalid value type, must be string or map");
  const ref = text(value, "ref");
  if (ref === "") return refuse("'ref' value required in object");
  return { ref: checkUrl(ref, refuse), ...present("description", text(value, "description")) };
}

/** Escapes what a URL's path cannot hold (RFC 3986), and refuses what is no URL reference at all: nearly every text is one. */
function checkUrl(url: string, refuse: (why: string) => never): string {
  if (/\p{Cc}/u.test(url)) return refuse(`parse "${url}": net/url: invalid control character in URL`);
  if (url.startsWith(":")) return refuse(`parse "${url}": missing protocol scheme`);
  if (/%(?![0-9a-fA-F]{2})/.test(url)) return refuse(`parse "${url}": invalid URL escape`);
  const query = url.indexOf("?");
  const path = query === -1 ? url : url.slice(0, query);
  return path.replace(/[\s"<>\\^`{|}]|[^\x20-\x7e]/gu, encodeURIComponent) + url.slice(path.length);
}

/** `Name <mail@example.com>`, or an object with a name, an address, or both. */
function toAuthor(value: unknown): Author {
  const refuse = (why: string): never => {
    throw new YamlProblem(`invalid author definition ${describe(value)}: ${why}`);
  };
  if (isRecord(value)) {
    const [name, email] = [text(value, "name"), text(value, "email")];
    if (name === "" && email === "") return refuse("'name' and/or 'email' values required in object");
    return { name, ...present("email", email) };
  }
  if (typeof value !== "string") return refuse("invalid value type, must be string or map");
  const words = value.split(/\s+/).filter((word) => word !== "");
  const last = words.at(-1);
  if (last === undefined) return refuse("author is an empty string");
  const email = /^<(.*)>$/.exec(last)?.[1];
  if (email === undefined) return { name: words.join(" ") };
  return { name: words.slice(0, -1).join(" "), ...present("email", email) };
}

function toSchema(value: unknown): Schema {
  const [entry] = isRecord(value) ? Object.entries(value) : [];
  const [path, schema] = entry ?? ["", undefined];
  const parsed = readReference(path);
  if (parsed === undefined) throw new YamlProblem("invalid document reference");
  if (typeof schema === "string") {
    const target = readReference(schema, "schema");
    if (target === undefined || target[0] !== "schema") throw new YamlProblem("invalid schema reference");
    return { path: parsed, schema: target };
  }
  if (!isRecord(schema)) throw new YamlProblem(`invalid schema declaration for path "${path}"`);
  return { path: parsed, definition: schema };
}

function checkCompile(compile: Record<string, unknown>): void {
  const unknowns: unknown[] = Array.isArray(compile.unknowns) ? compile.unknowns : [];
  for (const unknown of unknowns) {
    if (typeof unknown === "string" && readReference(unknown) === undefined) {
      throw new YamlProblem(`invalid unknowns element "${unknown}"`);
    }
  }
  const mask = compile.mask_rule;
  if (typeof mask === "string" && readReference(mask, mask) === undefined) {
    throw new YamlProblem(`invalid mask_rule annotation "${mask}"`);
  }
}

/** The parts of a reference; undefined where the text is none. A bare variable counts if it is the `bare` one. */
function readReference(source: string, bare?: string): string[] | undefined {
  const parser = new ModuleParser("", source);
  const [statement, ...others] = parser.parseStatementList({ rules: false });
  if (parser.failures.length > 0 || others.length > 0 || statement?.kind !== "query") return undefined;
  const [expression, ...more] = statement.query;
  if (expression?.kind !== "term" || more.length > 0) return undefined;
  const { term } = expression;
  if (term.kind === "var") return term.name === bare ? [term.name] : undefined;
  if (term.kind !== "ref") return undefined;
  const operands = term.operands.map((operand) => (operand.kind === "string" ? operand.value : formatTerm(operand)));
  return [formatTerm(term.head), ...operands];
}

function describe(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}
