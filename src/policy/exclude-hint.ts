import type { Json, ResultMetadata } from "../types/index.ts";

function directivesFor(code: string, term: Json | undefined): string {
  const list: readonly Json[] = Array.isArray(term) ? term : term === undefined ? [] : [term];
  const terms = list.filter((item) => typeof item === "string" && item !== "");
  if (terms.length === 0) {
    return `"${code}"`;
  }
  const texts = terms.map((item) => `"${code}:${String(item)}"`);
  return `${texts.length > 1 ? "one or more of " : ""}${texts.join(", ")}`;
}

/** A violation's metadata, its description telling what would exclude it. */
export function addExcludeHint(metadata: ResultMetadata): ResultMetadata {
  const code = metadata.code as Json | undefined;
  const description = metadata.description as Json | undefined;
  if (typeof code !== "string" || typeof description !== "string") {
    return metadata;
  }
  const directives = directivesFor(code, metadata.term as Json | undefined);
  const sentence = `To exclude this rule add ${directives} to the \`exclude\` section of the policy configuration.`;
  return { ...metadata, description: `${description.replace(/\.$/, "")}. ${sentence}` };
}
