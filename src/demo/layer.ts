import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";

/** An image layer: the tar archive, and how it is stored. */
export interface Layer {
  tar: Uint8Array;
  gzip: Uint8Array;
}

/** Makes a layer of texts by path. The same files give the same bytes, whenever and in whatever order they are named. */
export async function createLayer(files: Readonly<Record<string, string>>): Promise<Layer> {
  const archive = pack();
  for (const name of Object.keys(files).sort()) {
    archive.entry({ name, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) }, files[name] ?? "");
  }
  archive.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of archive) pieces.push(piece as Uint8Array);
  const tar = Buffer.concat(pieces);
  const gzip = gzipSync(tar);
  // The header's last byte names the operating system: 255 is "unknown", the same on all of them (RFC 1952, 2.3.1).
  gzip[9] = 255;
  return { tar, gzip };
}
