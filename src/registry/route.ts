import { RegistryError } from "./errors.ts";
import { assertRepositoryName } from "./names.ts";

/** An end of distribution-spec 1.1, "Endpoints". Reference, digest and id are not checked yet. */
export type Route =
  | { kind: "ping" }
  | { kind: "token" }
  | { kind: "manifest"; repository: string; reference: string }
  | { kind: "blob"; repository: string; digest: string }
  | { kind: "upload-start"; repository: string }
  | { kind: "upload"; repository: string; id: string }
  | { kind: "tags"; repository: string }
  | { kind: "referrers"; repository: string; digest: string };

/** Finds the end that a path means, or undefined. A repository's name may itself contain `blobs` or `tags`: the end of the path decides. */
export function parseRoute(path: string): Route | undefined {
  if (path === "/v2/" || path === "/v2") return { kind: "ping" };
  if (path === "/token") return { kind: "token" };
  if (!path.startsWith("/v2/")) return undefined;
  const segments = path.slice("/v2/".length).split("/").map(decodeSegment);
  const route = matchEnd(segments);
  if (route !== undefined && "repository" in route) assertRepositoryName(route.repository);
  return route;
}

function matchEnd(segments: readonly string[]): Route | undefined {
  const last = segments.at(-1) ?? "";
  const before = segments.at(-2);
  const nameUpTo = (count: number) => segments.slice(0, -count).join("/");
  if (before === "uploads" && segments.at(-3) === "blobs") {
    const repository = nameUpTo(3);
    return last === "" ? { kind: "upload-start", repository } : { kind: "upload", repository, id: last };
  }
  switch (before) {
    case "blobs":
      return last === "uploads"
        ? { kind: "upload-start", repository: nameUpTo(2) }
        : { kind: "blob", repository: nameUpTo(2), digest: last };
    case "manifests":
      return { kind: "manifest", repository: nameUpTo(2), reference: last };
    case "referrers":
      return { kind: "referrers", repository: nameUpTo(2), digest: last };
    case "tags":
      return last === "list" ? { kind: "tags", repository: nameUpTo(2) } : undefined;
    default:
      return undefined;
  }
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new RegistryError("expected percent-encoded UTF-8 in the path, got a broken escape", {
      code: "NAME_INVALID",
      status: 400,
      cause,
    });
  }
}
