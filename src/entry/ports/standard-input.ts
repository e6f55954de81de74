import { InputError } from "../../inputs/index.ts";

/** Bytes of a document from standard input. */
const maxBytes = 64 * 1024 * 1024;

/** The text on standard input, up to its end. Throws InputError where it is longer than 64 MiB. */
export async function readStandardInput(signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    length += chunk.length;
    if (length > maxBytes) {
      const message = `expected at most ${maxBytes} bytes on standard input; write the document to a file, without what the policies do not need`;
      throw new InputError([{ subject: "--stdin-input", message }]);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
