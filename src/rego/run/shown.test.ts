import { describe, expect, it } from "vitest";
import { RegoObject, RegoSet, type Value } from "../value/index.ts";
import { fillTemplate } from "./shown.ts";

// What OPA 1.15.2 answers where `internal.template_string` is called by its name.
describe("fillTemplate", () => {
  it.each<[string, Value, string | undefined]>([
    ["plain values", [1, null, true, "x"], "1nulltruex"],
    ["sets of one and of none", [RegoSet.from(["a"]), RegoSet.from([])], "a<undefined>"],
    ["a set of two", [RegoSet.from([1, 2])], undefined],
  ])("%s", (_, parts, text) => {
    expect(fillTemplate(parts)).toBe(text);
  });

  it.each<[string, Value, string, string]>([
    ["a number", 1.5, "eval_type_error", "internal.template_string: operand 1 must be array but got number"],
    ["a list in the list", [[1]], "eval_internal_error", "illegal argument type: array"],
    ["an object in the list", [RegoObject.empty], "eval_internal_error", "illegal argument type: object"],
  ])("refuses %s", (_, parts, code, message) => {
    expect(() => fillTemplate(parts)).toThrow(expect.objectContaining({ code, message }));
  });
});
