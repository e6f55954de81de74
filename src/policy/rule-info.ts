import type { Annotations } from "../rego/index.ts";

/** What a rule's annotations say of it. Texts are empty and lists are empty where they say nothing. */
export interface RuleInfo {
  /** `<package>.<short name>` */
  code: string;
  /** Without `data`. */
  package: string;
  shortName: string;
  title: string;
  description: string;
  solution: string;
  effectiveOn: string;
  collections: readonly string[];
  dependsOn: readonly string[];
  pipelineIntention: readonly string[];
}

/** References to other pages of AsciiDoc texts. Groups: component, page, anchor, label. */
const crossReference = /xref:(?:([^:]+):ROOT:(.+?)\.adoc(#[^[]+)?|[\w.$#/]+)\[([\w\s/.]+)\]/g;

function toLabels(text: string): string {
  return text.replace(crossReference, "$4");
}

function toLinks(text: string): string {
  return text.replace(crossReference, (match: string, component?: string, page?: string, anchor?: string) =>
    component && page && anchor ? `https://conforma.dev/docs/${component}/${page}.html${anchor}` : match,
  );
}

function customText(annotations: Annotations, key: string): string {
  const value = annotations.custom?.[key];
  if (value instanceof Date) {
    return value.toISOString().replace(/\.000Z$/, "Z");
  }
  return typeof value === "string" ? toLinks(value) : "";
}

function customTexts(annotations: Annotations, key: string): string[] {
  const value = annotations.custom?.[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

function dependenciesOf(annotations: Annotations): string[] {
  const value = annotations.custom?.depends_on;
  if (value === undefined) {
    return [];
  }
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

/** What a block of annotations says of its rule; undefined without a short name: such rules have no code. */
export function toRuleInfo(annotations: Annotations, packageName: string): RuleInfo | undefined {
  const shortName = annotations.custom?.short_name;
  if (shortName === undefined || shortName === null || shortName === "") {
    return undefined;
  }
  return {
    code: `${packageName}.${String(shortName)}`,
    package: packageName,
    shortName: String(shortName),
    title: annotations.title ?? "",
    description: toLabels(annotations.description ?? ""),
    solution: toLabels(customText(annotations, "solution")),
    effectiveOn: customText(annotations, "effective_on"),
    collections: customTexts(annotations, "collections"),
    dependsOn: dependenciesOf(annotations),
    pipelineIntention: customTexts(annotations, "pipeline_intention"),
  };
}
