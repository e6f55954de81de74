import { expect, it } from "vitest";
import { formatDuration } from "./duration.ts";

it.each([
  [0, "0s"],
  [1, "1ns"],
  [999, "999ns"],
  [1_000, "1µs"],
  [93_468, "93.468µs"],
  [1_500_000, "1.5ms"],
  [1_000_000_000, "1s"],
  [61_500_000_000, "1m1.5s"],
  [3_600_000_000_000, "1h0m0s"],
])("%d nanoseconds are %s", (nanoseconds, text) => {
  expect(formatDuration(nanoseconds)).toBe(text);
});
