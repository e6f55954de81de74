import { OciError } from "./errors.ts";

/** A stream read by lengths instead of pieces. Keeps no more than one piece, or what one `take` asks for. */
export interface ByteQueue {
  /** Exactly so many bytes; undefined at the end of the stream; OciError `invalid-response` where it ends in between. */
  take(length: number): Promise<Uint8Array | undefined>;
  /** Passes over so many bytes; false where the stream ends before. */
  skip(length: number): Promise<boolean>;
  /** Reads on to the end and gives how many bytes that were. */
  drain(): Promise<number>;
}

export function createByteQueue(source: AsyncIterator<Uint8Array>, subject: string): ByteQueue {
  let rest: Uint8Array = new Uint8Array();
  let isOver = false;

  async function refill(): Promise<boolean> {
    while (rest.length === 0 && !isOver) {
      const next = await source.next();
      if (next.done) isOver = true;
      else rest = next.value;
    }
    return rest.length > 0;
  }

  return {
    async take(length) {
      if (rest.length >= length) {
        const taken = rest.subarray(0, length);
        rest = rest.subarray(length);
        return taken;
      }
      const whole = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        if (!(await refill())) {
          if (filled === 0) return undefined;
          throw new OciError(`${subject}: the content ends in the middle`, { code: "invalid-response", subject });
        }
        const piece = rest.subarray(0, length - filled);
        whole.set(piece, filled);
        filled += piece.length;
        rest = rest.subarray(piece.length);
      }
      return whole;
    },

    async skip(length) {
      for (let left = length; left > 0; ) {
        if (!(await refill())) return false;
        const step = Math.min(left, rest.length);
        rest = rest.subarray(step);
        left -= step;
      }
      return true;
    },

    async drain() {
      let length = 0;
      while (await refill()) {
        length += rest.length;
        rest = new Uint8Array();
      }
      return length;
    },
  };
}
