import fc from "fast-check";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { readTar } from "./tar-reader.ts";

interface Read {
  name: string;
  type: string;
  linkName: string;
  content: string;
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

async function readAll(bytes: Uint8Array, size = 1000): Promise<Read[]> {
  const found: Read[] = [];
  for await (const entry of readTar(inPieces(bytes, size), { maxEntries: 1000, subject: "x" })) {
    const content = Buffer.from(await entry.read(1_000_000)).toString();
    found.push({ name: entry.name, type: entry.type, linkName: entry.linkName, content });
  }
  return found;
}

/** A header block with a right checksum. */
function header(fields: {
  name?: string;
  flag?: string;
  size?: string | Buffer;
  link?: string;
  magic?: string;
  prefix?: string;
  isExtended?: boolean;
}): Buffer {
  const block = Buffer.alloc(512);
  block.write(fields.name ?? "a", 0);
  block.write("0000644\0", 100);
  if (Buffer.isBuffer(fields.size)) fields.size.copy(block, 124);
  else block.write(fields.size ?? "00000000000\0", 124);
  block.write(fields.flag ?? "0", 156, "latin1");
  block.write(fields.link ?? "", 157);
  block.write(fields.magic ?? "ustar\x0000", 257, "latin1");
  block.write(fields.prefix ?? "", 345);
  if (fields.isExtended) block[482] = 1;
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
const content = (text: string) => Buffer.concat([Buffer.from(text), Buffer.alloc((512 - (text.length % 512)) % 512)]);
const octal = (size: number) => `${size.toString(8).padStart(11, "0")}\0`;
const end = Buffer.alloc(1024);
const pax = (text: string) => Buffer.concat([header({ flag: "x", size: octal(text.length) }), content(text)]);
const file = (name: string, text: string) => Buffer.concat([header({ name, size: octal(text.length) }), content(text)]);
const plainFile = (name: string, text: string): Read => ({ name, type: "file", linkName: "", content: text });

describe("readTar", () => {
  const base256 = Buffer.alloc(12);
  base256[0] = 0x80;
  base256[11] = 3;
  const cases: [string, Buffer, Read[]][] = [
    ["an empty archive", end, []],
    ["nothing at all", Buffer.alloc(0), []],
    ["an archive without an end", file("a", "x"), [plainFile("a", "x")]],
    [
      "something behind the end",
      Buffer.concat([file("a", "x"), end, Buffer.from("rest".repeat(999))]),
      [plainFile("a", "x")],
    ],
    ["a prefix", Buffer.concat([header({ name: "b", prefix: "a" }), end]), [plainFile("a/b", "")]],
    [
      "no prefix in GNU's format",
      Buffer.concat([header({ name: "b", prefix: "a", magic: "ustar  \0" }), end]),
      [plainFile("b", "")],
    ],
    [
      "the oldest format",
      Buffer.concat([header({ name: "d/", flag: "\0", magic: "" }), end]),
      [{ name: "d/", type: "directory", linkName: "", content: "" }],
    ],
    ["a size in base 256", Buffer.concat([header({ size: base256 }), content("abc"), end]), [plainFile("a", "abc")]],
    [
      "a link with a size",
      Buffer.concat([header({ flag: "2", link: "t", size: octal(99) }), end]),
      [{ name: "a", type: "symbolic-link", linkName: "t", content: "" }],
    ],
    [
      "GNU's long names",
      Buffer.concat([
        header({ flag: "L", size: octal(300) }),
        content("n".repeat(299).concat("\0")),
        header({ flag: "K", size: octal(2) }),
        content("k\0"),
        header({ flag: "1" }),
        end,
      ]),
      [{ name: "n".repeat(299), type: "hard-link", linkName: "k", content: "" }],
    ],
    [
      "pax names and sizes",
      Buffer.concat([pax("12 path=p/q\n9 size=3\n"), header({}), content("abc"), end]),
      [plainFile("p/q", "abc")],
    ],
    [
      "global headers",
      Buffer.concat([header({ flag: "g", size: octal(12) }), content("12 path=p/q\n"), file("a", "x"), end]),
      [plainFile("a", "x")],
    ],
    [
      "pax sparse files",
      Buffer.concat([pax("24 GNU.sparse.name=real\n"), header({}), end]),
      [{ name: "real", type: "sparse", linkName: "", content: "" }],
    ],
    [
      "unknown kinds",
      Buffer.concat([header({ flag: "Z", size: octal(3) }), content("abc"), file("b", "x"), end]),
      [{ name: "a", type: "other", linkName: "", content: "abc" }, plainFile("b", "x")],
    ],
  ];
  it.each(cases)("reads %s", async (_name, archive, expected) => {
    expect(await readAll(archive)).toEqual(expected);
    expect(await readAll(archive, 7)).toEqual(expected);
  });

  const wrongSum = header({});
  wrongSum[0] = 0x7a;
  const refused: [string, Buffer][] = [
    ["a wrong checksum", wrongSum],
    ["a cut header", header({}).subarray(0, 300)],
    ["cut content", Buffer.concat([header({ size: octal(1000) }), Buffer.alloc(600)])],
    ["a size that is none", header({ size: "0000000000x\0" })],
    ["a negative size", header({ size: Buffer.alloc(12, 0xff) })],
    [
      "a name of more than 1 MiB",
      Buffer.concat([header({ flag: "L", size: octal(1024 * 1024 + 1) }), Buffer.alloc(2 * 1024 * 1024, "n")]),
    ],
    ["a pax record that is cut", pax("99 path=a\n")],
    ["a pax record without a length", pax("path=a\n")],
    ["a pax size that is none", Buffer.concat([pax("10 size=x\n"), header({})])],
    ["extended headers without end", Buffer.concat(Array<Buffer>(20).fill(pax("12 path=p/q\n")))],
    [
      "a sparse file of parts without end",
      Buffer.concat([
        header({ flag: "S", magic: "ustar  \0", isExtended: true }),
        Buffer.alloc(10_001 * 512).fill(Buffer.concat([Buffer.alloc(504), Buffer.from([1]), Buffer.alloc(7)])),
        Buffer.alloc(512),
        end,
      ]),
    ],
    ["something after one block of zeros", Buffer.concat([Buffer.alloc(512), header({})])],
  ];
  it.each(refused)("refuses %s", async (_name, archive) => {
    await expect(readAll(archive)).rejects.toMatchObject({ name: "OciError", code: "invalid-response" });
  });

  it("stops at a number of entries", async () => {
    const archive = Buffer.concat([...Array<Buffer>(6).fill(file("a", "")), end]);
    const read = async () => {
      for await (const _ of readTar(inPieces(archive, 512), { maxEntries: 5, subject: "x" }));
    };
    await expect(read()).rejects.toMatchObject({ code: "too-large" });
  });

  it("reads what another program writes", async () => {
    const name = fc.string({ minLength: 1, maxLength: 300 }).filter((text) => !/[\0\n]|\/$/.test(text));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(name, fc.string({ maxLength: 2000 })), { maxLength: 5 }),
        fc.integer({ min: 1, max: 3000 }),
        async (entries, size) => {
          const archive = pack();
          for (const [entryName, text] of entries) archive.entry({ name: entryName }, text);
          archive.finalize();
          const pieces: Buffer[] = [];
          for await (const piece of archive) pieces.push(piece as Buffer);
          const found = await readAll(Buffer.concat(pieces), size);
          expect(found.map((entry) => [entry.name, entry.content])).toEqual(
            entries.map(([entryName, text]) => [entryName, text]),
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});
