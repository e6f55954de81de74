/** The parts of a package URL (package-url/purl-spec). Texts are empty where a part is missing. */
export interface PackageUrl {
  type: string;
  namespace: string;
  name: string;
  version: string;
  /** By key, ascending. */
  qualifiers: readonly { key: string; value: string }[];
  subpath: string;
}

const typePattern = /^[A-Za-z.\-+][0-9A-Za-z.\-+]*$/;
const keyPattern = /^[A-Za-z.\-_][0-9A-Za-z.\-_]*$/;

const lowercaseNamespace = new Set("alpm apk bitbucket composer deb github golang npm rpm qpkg".split(" "));
const lowercaseName = new Set("alpm apk bitbucket bitnami composer deb github golang npm".split(" "));

/** A text that is no package URL. Stays inside of this file. */
class PurlSyntaxError extends Error {}

function splitFirst(text: string, separator: string): [before: string, after: string | undefined] {
  const index = text.indexOf(separator);
  return index === -1 ? [text, undefined] : [text.slice(0, index), text.slice(index + separator.length)];
}

function splitLast(text: string, separator: string): [before: string | undefined, after: string] {
  const index = text.lastIndexOf(separator);
  return index === -1 ? [undefined, text] : [text.slice(0, index), text.slice(index + 1)];
}

/** Percent-decoding; bytes that are no UTF-8 become U+FFFD. */
function decodePercent(text: string): string {
  if (!text.includes("%")) {
    return text;
  }
  if (/%(?![0-9a-fA-F]{2})/.test(text)) {
    throw new PurlSyntaxError("a percent sign is not followed by two hexadecimal digits");
  }
  const bytes = text
    .split(/(%[0-9a-fA-F]{2})/)
    .map((part) => (/^%[0-9a-fA-F]{2}$/.test(part) ? Buffer.from(part.slice(1), "hex") : Buffer.from(part)));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Buffer.concat(bytes));
}

/** The text behind `pkg:/` or `pkg://`: slashes are joined, dots resolved. */
function cleanPath(rest: string): string {
  const [authority = "", ...segments] = rest.startsWith("//") ? rest.slice(2).split("/") : ["", ...rest.split("/")];
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (/[\s<>"[\]{}|\\^`]/.test(host) || /:(?!\d*$)/.test(host)) {
    throw new PurlSyntaxError("what follows pkg:// is no host");
  }
  const clean: string[] = [];
  for (const segment of [decodePercent(host), ...decodePercent(segments.join("/")).split("/")]) {
    if (segment === "..") {
      clean.pop();
    } else if (segment !== "" && segment !== ".") {
      clean.push(segment);
    }
  }
  return clean.join("/");
}

function splitScheme(text: string): string {
  // Control characters are not part of a URL.
  if ([...text].some((character) => character < " " || character === "\u007f")) {
    throw new PurlSyntaxError("it holds control characters");
  }
  const [scheme, rest] = splitFirst(text, ":");
  if (rest === undefined || scheme.toLowerCase() !== "pkg") {
    throw new PurlSyntaxError("its scheme is not pkg");
  }
  return rest;
}

function parseQualifiers(query: string): { key: string; value: string }[] {
  const pairs = query.split("&").filter((pair) => pair !== "");
  const qualifiers = pairs.map((pair) => {
    const [rawKey, rawValue = ""] = splitFirst(pair, "=");
    const key = decodePercent(rawKey.replaceAll("+", " "));
    if (pair.includes(";") || !keyPattern.test(key)) {
      throw new PurlSyntaxError("a qualifier is malformed");
    }
    return { key: key.toLowerCase(), value: decodePercent(rawValue.replaceAll("+", " ")) };
  });
  const kept = qualifiers.filter(({ value }) => value !== "").sort((a, b) => (a.key < b.key ? -1 : 1));
  if (new Set(kept.map(({ key }) => key)).size !== kept.length) {
    throw new PurlSyntaxError("a qualifier is given twice");
  }
  return kept;
}

function splitName(path: string): { namespace: string; name: string; version: string } {
  const [namespace = "", last] = splitLast(path, "/");
  const [beforeVersion, afterVersion] = splitLast(last, "@");
  const name = decodePercent(beforeVersion ?? last);
  const version = beforeVersion === undefined ? "" : decodePercent(afterVersion);
  if (name === "") {
    throw new PurlSyntaxError("its name is missing");
  }
  return { namespace: decodePercent(namespace).replace(/^\/+|\/+$/g, ""), name, version };
}

function adjustName({ type, name, qualifiers }: PackageUrl): string {
  if (lowercaseName.has(type)) {
    return name.toLowerCase();
  }
  if (type === "pypi") {
    return name.replaceAll("_", "-").toLowerCase();
  }
  const repository = qualifiers.find(({ key }) => key === "repository_url")?.value ?? "";
  const isDatabricks = !repository.includes("azureml") && repository.includes("databricks");
  return type === "mlflow" && isDatabricks ? name.toLowerCase() : name;
}

function assertTypeRules({ type, namespace, version, qualifiers }: PackageUrl): void {
  const hasChannel = qualifiers.some(({ key }) => key === "channel");
  const isWrong =
    (type === "conan" && hasChannel !== (namespace !== "")) ||
    (type === "swift" && (namespace === "" || version === "")) ||
    (type === "cran" && version === "");
  if (isWrong) {
    throw new PurlSyntaxError("it lacks what its type requires");
  }
}

function parseSubpath(fragment: string): string {
  const subpath = decodePercent(fragment);
  if (subpath.split("/").some((segment, index) => index > 0 && (segment === "." || segment === ".."))) {
    throw new PurlSyntaxError("its subpath holds dots");
  }
  return subpath.replace(/^\/+|\/+$/g, "");
}

function parse(text: string): PackageUrl {
  const [beforeFragment, fragment = ""] = splitFirst(text, "#");
  const rest = splitScheme(beforeFragment);
  const [beforeQuery, query = ""] = splitFirst(rest, "?");
  const [rawType, path] = splitFirst(beforeQuery.startsWith("/") ? cleanPath(beforeQuery) : beforeQuery, "/");
  const type = rawType.toLowerCase();
  if (path === undefined || !typePattern.test(type)) {
    throw new PurlSyntaxError("its type or name is missing");
  }
  const { namespace, name, version } = splitName(path);
  const parsed: PackageUrl = {
    type,
    namespace: lowercaseNamespace.has(type) ? namespace.toLowerCase() : namespace,
    name,
    version: type === "huggingface" ? version.toLowerCase() : version,
    qualifiers: parseQualifiers(query),
    subpath: parseSubpath(fragment),
  };
  assertTypeRules(parsed);
  return { ...parsed, name: adjustName(parsed) };
}

/** Parses a package URL as the library does that Conforma uses; undefined where it is none. */
export function parsePackageUrl(text: string): PackageUrl | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof PurlSyntaxError) {
      return undefined;
    }
    throw error;
  }
}
