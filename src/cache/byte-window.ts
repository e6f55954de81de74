/** The latest bytes of a stream, by their position in it. */
export interface ByteWindow {
  /** Position of the first byte that is still there. */
  readonly start: number;
  /** Position behind the last byte. */
  readonly end: number;
  /** Whether it holds as much as it should. */
  isFull(): boolean;
  push(piece: Uint8Array): void;
  /** The bytes at a position, up to the end of their piece; undefined where they are not there. */
  at(position: number): Uint8Array | undefined;
  /** The pieces from a position on, the first one cut to it. */
  from(position: number): Uint8Array[];
  /** Drops pieces from the start for as long as `isDone` says so of the position behind one. */
  drop(isDone: (end: number) => boolean): void;
}

export function createByteWindow(limits: { bytes: number; pieces: number }): ByteWindow {
  const pieces: Uint8Array[] = [];
  let start = 0;
  let end = 0;

  /** Looks from the end on, where most readers are. */
  function find(position: number): { index: number; bytes: Uint8Array } | undefined {
    if (position < start || position >= end) return undefined;
    let index = pieces.length;
    let offset = end;
    while (offset > position) {
      index -= 1;
      offset -= pieces[index]?.length ?? 0;
    }
    const piece = pieces[index];
    return piece && { index, bytes: piece.subarray(position - offset) };
  }

  return {
    get start() {
      return start;
    },
    get end() {
      return end;
    },
    isFull: () => end - start > limits.bytes || pieces.length > limits.pieces,
    push(piece) {
      pieces.push(piece);
      end += piece.length;
    },
    at: (position) => find(position)?.bytes,
    from(position) {
      const found = find(position);
      return found ? [found.bytes, ...pieces.slice(found.index + 1)] : [];
    },
    drop(isDone) {
      for (let first = pieces[0]; first !== undefined && isDone(start + first.length); first = pieces[0]) {
        pieces.shift();
        start += first.length;
      }
    },
  };
}
