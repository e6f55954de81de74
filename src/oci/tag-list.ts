import { isJsonObject } from "../types/index.ts";
import { readBounded } from "./body.ts";
import { OciError } from "./errors.ts";
import { parseNextPage } from "./links.ts";
import { parseJsonObject } from "./manifest.ts";
import { type RepositoryLocation, repositoryName } from "./reference.ts";
import type { RequestOptions } from "./registry-client.ts";
import type { RegistrySession } from "./session.ts";

export const maxListedTags = 10_000;
const pageSize = 1000;
const maxPages = 200;
const maxPageBytes = 4 * 1024 * 1024;

/** OCI distribution-spec, "Listing Tags", page by page. Throws OciError `too-large` past 10 000 tags. */
export async function listTags(
  session: RegistrySession,
  ref: RepositoryLocation,
  { signal }: RequestOptions,
): Promise<readonly string[]> {
  const subject = `${repositoryName(ref)} (tags)`;
  const tags: string[] = [];
  let path: string | undefined = `/v2/${ref.repository}/tags/list?n=${pageSize}`;
  for (let count = 0; path !== undefined; count += 1) {
    const asked: string = path;
    const page = await session.request(
      {
        method: "GET",
        path: asked,
        repository: ref.repository,
        headers: { accept: "application/json" },
        signal,
        subject,
      },
      async (response) => {
        const body = parseJsonObject(await readBounded(response, { maxBytes: maxPageBytes, subject }), subject);
        return { tags: parseTags(body, subject), next: parseNextPage(response, asked, subject) };
      },
    );
    tags.push(...page.tags);
    if (tags.length > maxListedTags || count === maxPages) {
      throw new OciError(`${subject}: more than ${maxListedTags} tags are not read`, { code: "too-large", subject });
    }
    path = page.next;
  }
  return tags;
}

function parseTags(body: unknown, subject: string): readonly string[] {
  const tags = isJsonObject(body) ? (body.tags ?? []) : undefined;
  if (Array.isArray(tags) && tags.every((tag) => typeof tag === "string")) return tags;
  throw new OciError(`${subject}: expected a list of tags, got other JSON`, { code: "invalid-response", subject });
}
