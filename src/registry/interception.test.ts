import { expect, it } from "vitest";
import { createInterception } from "./interception.ts";

it("counts earlier requests of a method and path, and forgets all counts when they become too many", async () => {
  const seen: number[] = [];
  const ask = createInterception(({ earlier }) => void seen.push(earlier));
  const get = async (path: string) => await ask({ method: "GET", path, query: new URLSearchParams(), headers: {} });
  for (const path of ["/a", "/b", "/a"]) await get(path);
  expect(seen).toEqual([0, 0, 1]);
  for (let count = 0; count <= 10_000; count += 1) await get(`/many/${count}`);
  await get("/a");
  expect(seen.at(-1)).toBe(0);
});
