/**
 * What work inside of one call costs. Comparing, hashing, writing and the built-in functions spend units as they go, so
 * that an evaluation's limits hold there too; each few thousand units whoever evaluates is asked. Evaluation is synchronous:
 * one meter serves a thread.
 */

/** Asked with the units that were spent since the last time, and the bytes that are wanted next. Throws to stop the work. */
export type MeterCheck = (units: number, bytes: number) => void;

/** Units between two checks. A unit is about a member that is looked at, or 16 characters: 2 to 50 ns. */
const unitsPerCheck = 50_000;

/** Bytes that are taken without a question. */
const freeBytes = 1024 * 1024;

let left = unitsPerCheck;
let check: MeterCheck | undefined;

/** Runs a part under a check; an outer one counts again afterwards. */
export function withMeter<T>(inner: MeterCheck, part: () => T): T {
  const outer = { check, left };
  check = inner;
  left = unitsPerCheck;
  try {
    return part();
  } finally {
    check = outer.check;
    left = outer.left;
  }
}

function settle(bytes: number): void {
  const units = unitsPerCheck - left;
  left = unitsPerCheck;
  check?.(units, bytes);
}

/** To be called with about as many units as there is work ahead or behind. Throws what the check throws. */
export function spend(units: number): void {
  left -= units;
  if (left < 0) settle(0);
}

/** To be called before a large piece of memory is taken. Throws what the check throws. */
export function reserve(bytes: number): void {
  if (bytes > freeBytes) settle(bytes);
}

/** Bytes that a member of a map takes where the map grows to twice its size, with those of the table that it leaves. */
const bytesPerMember = 60;
const smallCollection = 0x7fff;

/** To be called with its size before a collection takes another member: growing takes much memory at once. */
export function reserveGrowth(size: number): void {
  if (size > smallCollection && (size & (size - 1)) === 0) reserve(size * bytesPerMember);
}
