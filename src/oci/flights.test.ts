import { describe, expect, it } from "vitest";
import { createFlights } from "./flights.ts";

/** Work that ends when the test says so. */
function createWork() {
  const started: { signal: AbortSignal; land(value: string): void; crash(reason: Error): void }[] = [];
  return {
    started,
    start: (signal: AbortSignal) =>
      new Promise<string>((land, crash) => {
        started.push({ signal, land, crash });
      }),
  };
}

const passenger = (controller = new AbortController()) => ({ signal: controller.signal, subject: "subject" });

describe("flights", () => {
  it("are one for each key, for all who come while it lasts", async () => {
    const flights = createFlights<string>();
    const { started, start } = createWork();
    const all = [
      flights.run("a", passenger(), start),
      flights.run("a", passenger(), start),
      flights.run("b", passenger(), start),
    ];
    expect(started).toHaveLength(2);
    started[0]?.land("one");
    started[1]?.land("two");
    expect(await Promise.all(all)).toEqual(["one", "one", "two"]);
    expect(started[0]?.signal.aborted).toBe(false);
  });

  it.each(["landed", "crashed"])("are over, and not remembered, when they have %s", async (how) => {
    const flights = createFlights<string>();
    const { started, start } = createWork();
    const first = flights.run("a", passenger(), start);
    if (how === "landed") started[0]?.land("one");
    else started[0]?.crash(new Error("crashed"));
    await first.catch((thrown: unknown) => expect(String(thrown)).toBe("Error: crashed"));
    const second = flights.run("a", passenger(), start);
    started[1]?.land("two");
    expect(await second).toBe("two");
    expect(started.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  });

  it("give a crash to all, also one before the first wait", async () => {
    const flights = createFlights<string>();
    let starts = 0;
    const start = () => {
      starts += 1;
      throw new Error("at once");
    };
    const all = await Promise.allSettled([flights.run("a", passenger(), start), flights.run("a", passenger(), start)]);
    expect(all.map((one) => one.status === "rejected" && String(one.reason))).toEqual(Array(2).fill("Error: at once"));
    expect(starts).toBe(1);
  });

  it("go on when one leaves, and end when the last one does", async () => {
    const flights = createFlights<string>();
    const { started, start } = createWork();
    const [one, other] = [new AbortController(), new AbortController()];
    const first = flights.run("a", passenger(one), start);
    const second = flights.run("a", passenger(other), start);
    one.abort();
    await expect(first).rejects.toMatchObject({ code: "aborted" });
    expect(started[0]?.signal.aborted).toBe(false);
    other.abort(new Error("enough"));
    await expect(second).rejects.toMatchObject({ code: "aborted" });
    expect(started[0]?.signal.reason).toEqual(new Error("enough"));
  });

  it("that are ended are no flights for newcomers, and their end is not that of the next", async () => {
    const flights = createFlights<string>();
    const { started, start } = createWork();
    const leaver = new AbortController();
    const first = flights.run("a", passenger(leaver), start);
    leaver.abort();
    await expect(first).rejects.toMatchObject({ code: "aborted" });
    const second = flights.run("a", passenger(), start);
    // The first one's work ends late.
    started[0]?.crash(new Error("ended"));
    await Promise.resolve();
    await Promise.resolve();
    const third = flights.run("a", passenger(), start);
    expect(started).toHaveLength(2);
    started[1]?.land("two");
    expect(await Promise.all([second, third])).toEqual(["two", "two"]);
  });

  it("do not start for who has left already", async () => {
    const flights = createFlights<string>();
    const { started, start } = createWork();
    const left = new AbortController();
    left.abort();
    await expect(flights.run("a", passenger(left), start)).rejects.toMatchObject({ code: "aborted" });
    expect(started).toHaveLength(0);
  });
});
