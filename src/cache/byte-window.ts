/** The latest bytes of a stream, by their position in it. */
export interface ByteWindow {
  /** Position of the first byte that is still there. */
  readonly start: number;
  /** Position behind the last byte. */
  readonly end: number;
  /** Whether it holds as much as it should. */
  isFull(): boolean;
  push(piece: Uint8Array): void;
  /** The pieces from a position on, the first one cut to it. */
  from(position: number): Uint8Array[];
  /** Drops pieces from the start for as long as `isDone` says so of the position behind one. */
  drop(isDone: (end: number) => boolean): void;
}

export function createByteWindow(limits: { bytes: number; pieces: number }): ByteWindow {
  const pieces: Uint8Array[] = [];
  let start = 0;
  let end = 0;

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
    from(position) {
      let offset = start;
      for (const [index, piece] of pieces.entries()) {
        if (position < offset + piece.length) return [piece.subarray(position - offset), ...pieces.slice(index + 1)];
        offset += piece.length;
      }
      return [];
    },
    drop(isDone) {
      for (let first = pieces[0]; first !== undefined && isDone(start + first.length); first = pieces[0]) {
        pieces.shift();
        start += first.length;
      }
    },
  };
}
