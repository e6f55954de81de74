import { describe, expect, it } from "vitest";
import { createSlots } from "./slots.ts";

const { signal } = new AbortController();

describe("slots", () => {
  it("are as many as there are, given in order, and free once however often they are freed", async () => {
    const slots = createSlots(2);
    const taken: string[] = [];
    const take = async (name: string) => {
      const release = await slots.acquire(signal, "x");
      taken.push(name);
      return release;
    };
    const [a] = await Promise.all([take("a"), take("b")]);
    const [c, d] = [take("c"), take("d")];
    a?.();
    a?.();
    const releaseC = await c;
    expect(taken).toEqual(["a", "b", "c"]);
    releaseC();
    await d;
    expect(taken).toEqual(["a", "b", "c", "d"]);
  });

  it("pass over who has left the queue", async () => {
    const slots = createSlots(1);
    const release = await slots.acquire(signal, "x");
    const leaver = new AbortController();
    const leaving = slots.acquire(leaver.signal, "leaving");
    const staying = slots.acquire(signal, "staying");
    leaver.abort();
    await expect(leaving).rejects.toMatchObject({ code: "aborted", subject: "leaving" });
    release();
    (await staying)();
    (await slots.acquire(signal, "x"))();
    await expect(slots.acquire(leaver.signal, "x")).rejects.toMatchObject({ code: "aborted" });
  });
});
