import type { Annotations } from "./ast.ts";

/** A block in OPA's JSON form: what is empty is left out. */
export function toAnnotationsJson(annotations: Annotations): Record<string, unknown> {
  const { scope, title, description, entrypoint, organizations, related_resources, authors, schemas, custom } =
    annotations;
  return {
    scope,
    ...(isEmpty(title) ? {} : { title }),
    ...(entrypoint === true ? { entrypoint } : {}),
    ...(isEmpty(description) ? {} : { description }),
    ...(isEmpty(organizations) ? {} : { organizations }),
    ...(isEmpty(related_resources) ? {} : { related_resources }),
    ...(isEmpty(authors) ? {} : { authors: authors?.map(toAuthor) }),
    ...(isEmpty(schemas) ? {} : { schemas }),
    ...(custom === undefined || Object.keys(custom).length === 0 ? {} : { custom }),
  };
}

function toAuthor({ name, email }: { name: string; email?: string }): Record<string, string> {
  return { ...(name === "" ? {} : { name }), ...(email === undefined ? {} : { email }) };
}

function isEmpty(value: { length: number } | undefined): boolean {
  return value === undefined || value.length === 0;
}
