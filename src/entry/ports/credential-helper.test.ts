import { describe, expect, it } from "vitest";
import { createHelperRunner } from "./credential-helper.ts";
import { type ProgramCall, type RunProgram, runProgram } from "./programs.ts";

const noSignal = new AbortController().signal;

/** Runs Node with this program in place of the helper. */
function inPlaceOf(program: string): RunProgram & { calls: ProgramCall[] } {
  const calls: ProgramCall[] = [];
  const run = (call: ProgramCall) => {
    calls.push(call);
    return runProgram({ ...call, command: process.execPath, args: ["-e", program] });
  };
  return Object.assign(run, { calls });
}

describe("createHelperRunner", () => {
  it("asks the helper of that name for the server, and gives what it writes and its exit code", async () => {
    const run = inPlaceOf("process.stdin.pipe(process.stdout); process.exitCode = 3;");
    expect(await createHelperRunner(run)("pass", "gcr.io", noSignal)).toEqual({ stdout: "gcr.io", exitCode: 3 });
    expect(run.calls).toMatchObject([{ command: "docker-credential-pass", args: ["get"], input: "gcr.io" }]);
  });

  it("ends one that does not answer", async () => {
    const asked = createHelperRunner(inPlaceOf("setInterval(() => {}, 1000)"), { timeoutMs: 50 })("x", "y", noSignal);
    await expect(asked).rejects.toMatchObject({ code: "program-failed", message: "it did not answer within 50 ms" });
  });

  it("ends one that writes for ever", async () => {
    const asked = createHelperRunner(inPlaceOf("for (;;) require('fs').writeSync(1, 'x'.repeat(65536))"))(
      "x",
      "y",
      noSignal,
    );
    await expect(asked).rejects.toMatchObject({
      code: "program-failed",
      message: expect.stringContaining("1048576 bytes"),
    });
  });

  it("ends when the caller gives up", async () => {
    const controller = new AbortController();
    const asked = createHelperRunner(inPlaceOf("setInterval(() => {}, 1000)"))("x", "y", controller.signal);
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });

  it("says that one is missing", async () => {
    await expect(createHelperRunner(runProgram)("that-nobody-has", "y", noSignal)).rejects.toMatchObject({
      code: "program-missing",
    });
  });
});
