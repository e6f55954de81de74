import { createHash } from "node:crypto";

export const downloadWays = ["file", "client", "cache"] as const;
/** `file`: HTTP, hash, file. `client`: the registry client without a cache, to a file. `cache`: into the cache. */
export type DownloadWay = (typeof downloadWays)[number];

export interface Downloaded {
  ms: number;
  cpuMs: number;
  idleMebibytes: number;
  peakMebibytes: number;
  /** From the first reader's first byte to the second's; where there is a cache. */
  secondReaderMs?: number;
}

const pieceBytes = 1024 * 1024;

/** The bytes of the layer, a piece at a time: each differs from the others, and none is kept. */
function* createPieces(size: number): Generator<Uint8Array> {
  const piece = createHash("shake256", { outputLength: pieceBytes }).update("layer").digest();
  for (let offset = 0; offset < size; offset += pieceBytes) {
    piece.writeDoubleBE(offset, 0);
    yield Buffer.from(piece.subarray(0, Math.min(pieceBytes, size - offset)));
  }
}

/** Makes a layer and uploads it by one PUT; gives its digest. */
export async function pushLayer(options: { host: string; repository: string; size: number }): Promise<string> {
  const { host, repository, size } = options;
  const hash = createHash("sha256");
  for (const piece of createPieces(size)) hash.update(piece);
  const digest = `sha256:${hash.digest("hex")}`;
  const started = await fetch(`http://${host}/v2/${repository}/blobs/uploads/`, { method: "POST" });
  const location = new URL(started.headers.get("location") ?? "", `http://${host}`);
  location.searchParams.set("digest", digest);
  const put = await fetch(location, {
    method: "PUT",
    headers: { "content-type": "application/octet-stream", "content-length": String(size) },
    body: ReadableStream.from(createPieces(size)),
    duplex: "half",
  } as RequestInit);
  if (put.status !== 201) throw new Error(`the registry answered ${put.status} to the layer: ${await put.text()}`);
  return digest;
}
