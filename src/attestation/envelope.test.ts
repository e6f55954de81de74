import { describe, expect, it } from "vitest";
import { maxEnvelopeSignatures, maxEnvelopeValues, parseEnvelope, toPreAuthEncoding } from "./envelope.ts";
import { AttestationError } from "./errors.ts";
import { hasManyValues, parseJsonBytes } from "./strict-json.ts";

const whole = {
  payloadType: "application/vnd.in-toto+json",
  payload: "e30=",
  signatures: [{ keyid: "k", sig: "c2ln" }],
};

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    return thrown instanceof AttestationError ? thrown.code : `another error: ${thrown}`;
  }
  return "no error";
}

const parse = (value: unknown) => parseEnvelope(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));

describe("parseEnvelope", () => {
  it("decodes payload and signatures", () => {
    const envelope = parse(whole);
    expect(envelope.payloadType).toBe("application/vnd.in-toto+json");
    expect(Buffer.from(envelope.payload).toString()).toBe("{}");
    expect(envelope.signatures).toEqual([{ keyid: "k", sig: "c2ln", bytes: Buffer.from("sig") }]);
  });

  it.each([
    ["a signature without key id", { ...whole, signatures: [{ sig: "c2ln" }] }],
    ["key id null", { ...whole, signatures: [{ sig: "c2ln", keyid: null }] }],
    ["base64url", { ...whole, payload: "-_-_" }],
    ["base64 without padding", { ...whole, payload: "e30" }],
  ])("accepts %s", (_name, value) => {
    expect(parse(value).signatures).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ["garbage", "{"],
    ["a list", []],
    ["a number", 7],
    ["no payload type", { ...whole, payloadType: undefined }],
    ["no payload", { ...whole, payload: "" }],
    ["a payload that is no base64", { ...whole, payload: "e30=e30=" }],
    ["a payload of impossible length", { ...whole, payload: "e30x5" }],
    ["mixed alphabets", { ...whole, payload: "+_+_" }],
    ["no signatures", { ...whole, signatures: [] }],
    ["signatures that are none", { ...whole, signatures: ["c2ln"] }],
    ["an empty signature", { ...whole, signatures: [{ sig: "" }] }],
    ["a number as key id", { ...whole, signatures: [{ sig: "c2ln", keyid: 7 }] }],
    ["too many signatures", { ...whole, signatures: Array(maxEnvelopeSignatures + 1).fill({ sig: "c2ln" }) }],
  ])("refuses %s", (_name, value) => {
    expect(codeOf(() => parse(value))).toBe("envelope_invalid");
  });

  it("refuses bytes that are no UTF-8", () => {
    expect(codeOf(() => parseEnvelope(Buffer.from([0x7b, 0xff, 0x7d])))).toBe("envelope_invalid");
  });

  it("refuses a text of very many small values without parsing it", () => {
    const values = `[${"[],".repeat(maxEnvelopeValues)}[]]`;
    expect(() => parseEnvelope(Buffer.from(values))).toThrow(/more than 10000 values/);
    expect(hasManyValues(Buffer.from("[,,]"), 3)).toBe(false);
    expect(hasManyValues(Buffer.from('{"a":[,]}'), 3)).toBe(true);
  });

  it("looks at the size before it parses", () => {
    const options = { maxBytes: 3, what: "x", code: "envelope_invalid" } as const;
    expect(codeOf(() => parseJsonBytes(Buffer.from("{{{{"), options))).toBe("too_large");
    expect(codeOf(() => parseJsonBytes(Buffer.from("{{{"), options))).toBe("envelope_invalid");
  });
});

describe("toPreAuthEncoding", () => {
  it("is the example of the DSSE protocol", () => {
    const encoded = toPreAuthEncoding("http://example.com/HelloWorld", Buffer.from("hello world"));
    expect(Buffer.from(encoded).toString()).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  });

  it("counts bytes, not characters", () => {
    expect(Buffer.from(toPreAuthEncoding("é", Buffer.from("ü"))).toString()).toBe("DSSEv1 2 é 2 ü");
  });
});
