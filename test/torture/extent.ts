const isFull = process.env.SEALCHECK_TORTURE === "full";

/** A number of rounds: what `npm run test:torture` makes of it, and what `npm test` has time for. */
export function toRounds({ full, brief }: { full: number; brief: number }): number {
  return isFull ? full : brief;
}

/** `SEALCHECK_TORTURE_SEED`, to have a failing round again or a different one. */
export const seed = Number(process.env.SEALCHECK_TORTURE_SEED ?? "1");

export type Random = () => number;

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function createRandom(start: number): Random {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 up to, not including, `end`. */
export function pick(random: Random, end: number): number {
  return Math.floor(random() * end);
}
