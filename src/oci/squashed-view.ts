import { posix } from "node:path";
import { OciError } from "./errors.ts";
import type { TarEntry } from "./tar-reader.ts";

const whiteoutPrefix = ".wh.";
const opaqueMarker = ".wh..wh..opq";

/**
 * Which entries of an image's layers are seen when the layers lie on each other (OCI image-spec, layer.md,
 * "Applying Changesets"). Layers are given from the top down; names only matter where they are in, or above, the wanted
 * directories, so that memory does not depend on the layers' size.
 */
export interface SquashedView {
  /** Takes note of an entry; its clean name, where it is seen and is no whiteout. */
  enter(entry: TarEntry): string | undefined;
  /** What was entered since hides what comes from now on. */
  endLayer(): void;
}

/**
 * `directories` are clean; they are compared without regard to case. Throws OciError `too-large` where the names to
 * remember have more than `maxNameCharacters` together.
 */
export function createSquashedView(
  directories: readonly string[],
  { maxNameCharacters, subject }: { maxNameCharacters: number; subject: string },
): SquashedView {
  const wanted = directories.map((directory) => directory.toLowerCase());
  /** Hides this name in layers below, and with `subtree` also all that is under it. */
  const hidden = new Map<string, "name" | "subtree" | "children">();
  let ofThisLayer: [string, "name" | "subtree" | "children"][] = [];
  let characters = 0;

  function hideLater(name: string, how: "name" | "subtree" | "children"): void {
    characters += name.length;
    if (characters > maxNameCharacters) {
      throw new OciError(`${subject}: the names of files have more than ${maxNameCharacters} characters together`, {
        code: "too-large",
        subject,
      });
    }
    ofThisLayer.push([name, how]);
  }

  function isRelevant(name: string): boolean {
    const lower = name.toLowerCase();
    const parent = posix.dirname(lower);
    return wanted.some(
      (directory) => directory === parent || directory === lower || directory.startsWith(`${lower}/`) || lower === ".",
    );
  }

  function isHidden(name: string): boolean {
    const own = hidden.get(name);
    if (own === "name" || own === "subtree") return true;
    for (
      let child = name, parent = posix.dirname(name);
      parent !== child;
      child = parent, parent = posix.dirname(parent)
    ) {
      const above = hidden.get(parent);
      if (above === "subtree" || above === "children") return true;
    }
    return false;
  }

  return {
    enter(entry) {
      const name = toCleanPath(entry.name);
      const parent = posix.dirname(name);
      const base = posix.basename(name);
      if (base === opaqueMarker) {
        if (isRelevant(parent)) hideLater(parent, "children");
        return undefined;
      }
      if (base.startsWith(whiteoutPrefix)) {
        const target = posix.join(parent, base.slice(whiteoutPrefix.length) || ".");
        if (target !== parent && isRelevant(target)) hideLater(target, "subtree");
        return undefined;
      }
      if (!isRelevant(name) || isHidden(name)) return undefined;
      hideLater(name, entry.type === "directory" ? "name" : "subtree");
      return name;
    },
    endLayer() {
      for (const [name, how] of ofThisLayer) {
        const before = hidden.get(name);
        // A folder that is made and opaque, or removed and made again, hides all that is below.
        const isBoth = before !== undefined && before !== how;
        hidden.set(name, isBoth ? "subtree" : how);
      }
      ofThisLayer = [];
    },
  };
}

/** As Go's path.Clean: no `.` and no `/` at the end; empty is `.`. */
export function toCleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}
