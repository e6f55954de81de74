import { describe, expect, it } from "vitest";
import { namedLayouts } from "./layout.ts";
import { parseRfc3339, parseTime } from "./parse.ts";

/** A generator of numbers below a bound, the same for the same seed (a multiplicative congruential one, modulus 2^31 - 1). */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

const random = createRandom(2026);
const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
const digits = (value: number, width: number): string => String(value).padStart(width, "0");

/** A time whose parts are often at the ends of their ranges or beyond them, and whose form is sometimes another one. */
function createText(): string {
  const year = digits(
    pick([0, 1, 1583, 1677, 1678, 1900, 1970, 2000, 2023, 2024, 2100, 2262, 2263, 9999]),
    pick([4, 4, 4, 3]),
  );
  const date = `${year}${pick(["-", "-", "-", "/"])}${digits(random(14), 2)}-${digits(random(33), 2)}`;
  const clock = `${digits(random(26), pick([2, 2, 2, 1]))}:${digits(random(62), 2)}:${digits(random(62), 2)}`;
  const fraction = pick(["", "", ".5", ".123456789", ".1234567891", ",25", ".", ".000000001"]);
  const sign = pick(["+", "-"]);
  const zone = pick(["Z", "Z", "z", "", `${sign}${digits(random(26), 2)}:${digits(random(63), 2)}`, `${sign}0100`]);
  return `${pick(["", "", "", " "])}${date}${pick(["T", "T", "T", "t", " "])}${clock}${fraction}${zone}${pick(["", "", "", "\n", "x"])}`;
}

function outcomeOf(parse: () => bigint): unknown {
  try {
    return parse();
  } catch (thrown) {
    return String(thrown);
  }
}

describe("parseRfc3339", () => {
  it("gives what the general reader gives, errors too", () => {
    let read = 0;
    for (let count = 0; count < 20_000; count += 1) {
      const text = createText();
      const general = outcomeOf(() => parseTime(namedLayouts.RFC3339 ?? "", text));
      expect([text, outcomeOf(() => parseRfc3339(text))]).toEqual([text, general]);
      if (typeof general === "bigint") read += 1;
    }
    expect(read).toBeGreaterThan(1_000);
  });
});
