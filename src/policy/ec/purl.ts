import { fromJson, type Value } from "../../rego/index.ts";
import { parsePackageUrl } from "./purl-parser.ts";

/** `ec.purl.is_valid`: false for anything that is no package URL. */
export function isValidPurl(text: Value | undefined): boolean {
  return typeof text === "string" && parsePackageUrl(text) !== undefined;
}

/** `ec.purl.parse`: undefined for anything that is no package URL. */
export function parsePurl(text: Value | undefined): Value | undefined {
  const parsed = typeof text === "string" ? parsePackageUrl(text) : undefined;
  return parsed === undefined ? undefined : fromJson(parsed);
}
