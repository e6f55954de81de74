import { expect, it } from "vitest";
import { runComplianceCases } from "./compliance.ts";

it("tells passed from failed cases", () => {
  const modules = ['package t\n\np := input.x + 1\n\nq := data.y\n\nr := to_number("x")'];
  const report = runComplianceCases([
    { note: "value", query: "data.t.p = x", modules, input: { x: 1 }, want_result: [{ x: 2 }] },
    { note: "term as input", query: "data.t.p = x", modules, input_term: '{"x": 2}', want_result: [{ x: 3 }] },
    { note: "wrong value", query: "data.t.p = x", modules, input: { x: 1 }, want_result: [{ x: 3 }] },
    { note: "undefined", query: "data.t.p = x", modules, want_result: [] },
    {
      note: "sorted",
      query: "data.t.q = x",
      modules,
      data: { y: [2, 1] },
      sort_bindings: true,
      want_result: [{ x: [1, 2] }],
    },
    { note: "error", query: "data.t.r = x", modules, strict_error: true, want_error_code: "eval_builtin_error" },
    { note: "wrong error", query: "data.t.r = x", modules, strict_error: true, want_error_code: "eval_type_error" },
    { note: "no error", query: "data.t.r = x", modules, want_error_code: "eval_builtin_error" },
  ]);
  expect(report.passed).toEqual(["value", "term as input", "undefined", "sorted", "error"]);
  expect(report.failed.map(({ note }) => note)).toEqual(["wrong value", "wrong error", "no error"]);
});
