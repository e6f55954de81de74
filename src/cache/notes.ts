import { hashOf } from "./layout.ts";
import { readWhole } from "./reading.ts";
import type { StoreContext } from "./store-context.ts";
import { createTemporaryFile, renameFinished } from "./temporary-file.ts";

export const maxNoteBytes = 256 * 1024;

/** Short texts under names: what is not content-addressed. Each carries its own hash. */
export function createNotes(context: StoreContext, onWritten: (bytes: number) => Promise<void>) {
  const { files, layout, isReady, attempt, touch } = context;
  return {
    async write(name: string, scope: string, text: string): Promise<void> {
      const bytes = Buffer.from(`${hashOf(text)}\n${text}`);
      if (bytes.length > maxNoteBytes || !(await isReady())) return;
      await attempt("write a note", async () => {
        const { path, file } = await createTemporaryFile(files, layout);
        try {
          await file.write([bytes], 0).finally(() => file.close());
          await renameFinished(files, path, { path: layout.note(name, scope), bytes: bytes.length });
        } catch (thrown) {
          await files.remove(path);
          throw thrown;
        }
        await onWritten(bytes.length);
      });
    },

    async read(name: string, scope: string): Promise<string | undefined> {
      if (!(await isReady())) return undefined;
      const path = layout.note(name, scope);
      return attempt("read a note", async () => {
        const file = await files.open(path);
        const bytes = file && (await readWhole(file, maxNoteBytes).finally(() => file.close()));
        if (!bytes) return undefined;
        const whole = Buffer.from(bytes).toString("utf8");
        const line = whole.indexOf("\n");
        const text = whole.slice(line + 1);
        if (whole.slice(0, line) !== hashOf(text)) {
          await files.remove(path);
          return undefined;
        }
        touch(path);
        return text;
      });
    },
  };
}
