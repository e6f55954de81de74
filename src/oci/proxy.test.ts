import { describe, expect, it } from "vitest";
import { createProxyRule } from "./proxy.ts";

const settings = { http: "http://plain.proxy:1", https: "secure.proxy:2" };

/** Whether a URL is asked directly, with one entry of NO_PROXY. What Go's net/http does with the same. */
const exceptions: [entry: string, url: string, isDirect: boolean][] = [
  ["example.com", "https://example.com/", true],
  ["example.com", "https://a.example.com/", true],
  ["example.com", "https://a.b.example.com:8443/", true],
  ["example.com", "https://notexample.com/", false],
  ["example.com", "https://example.com.evil.test/", false],
  ["EXAMPLE.com", "https://Example.COM/", true],
  [".example.com", "https://example.com/", false],
  [".example.com", "https://a.example.com/", true],
  ["*.example.com", "https://example.com/", false],
  ["*.example.com", "https://a.example.com/", true],
  ["a.*.com", "https://a.example.com/", false],
  ["com", "https://example.com/", true],
  ["*", "https://example.com/", true],
  ["*", "https://192.0.2.7/", true],
  ["*:443", "https://example.com/", false],
  ["example.com:8443", "https://example.com:8443/", true],
  ["example.com:8443", "https://a.example.com:8443/", true],
  ["example.com:8443", "https://example.com/", false],
  ["example.com:443", "https://example.com/", true],
  ["example.com:80", "http://example.com/", true],
  ["example.com:80", "https://example.com/", false],
  [".example.com:443", "https://a.example.com/", true],
  ["192.0.2.7", "https://192.0.2.7/", true],
  ["192.0.2.7", "https://192.0.2.7:5000/", true],
  ["192.0.2.7", "https://192.0.2.70/", false],
  ["192.0.2.7:5000", "https://192.0.2.7:5000/", true],
  ["192.0.2.7:5000", "https://192.0.2.7/", false],
  [".0.2.7", "https://192.0.2.7/", false],
  ["0.2.7", "https://192.0.2.7/", false],
  ["10.0.0.0/8", "https://10.1.2.3/", true],
  ["10.0.0.0/8", "https://10.1.2.3:5000/", true],
  ["10.0.0.0/8", "https://11.1.2.3/", false],
  ["10.0.0.0/8", "https://10.example/", false],
  ["10.1.2.3/8", "https://10.9.9.9/", true],
  ["10.0.0.0/33", "https://10.1.2.3/", false],
  ["10.0.0.0/8:443", "https://10.1.2.3/", false],
  ["2001:db8::1", "https://[2001:db8::1]/", true],
  ["2001:DB8:0:0::1", "https://[2001:db8::1]/", true],
  ["[2001:db8::1]", "https://[2001:db8::1]/", false],
  ["[2001:db8::1]:5000", "https://[2001:db8::1]:5000/", true],
  ["[2001:db8::1]:5000", "https://[2001:db8::1]/", false],
  ["fd00::/8", "https://[fd00::1]/", true],
  ["fd00::/8", "https://[fe80::1]/", false],
  [":443", "https://example.com/", false],
  ["https://example.com", "https://example.com/", false],
  ["", "https://example.com/", false],
];

describe("createProxyRule", () => {
  it.each(exceptions)("with NO_PROXY %j, %s is asked directly: %s", (noProxy, url, isDirect) => {
    expect(createProxyRule({ ...settings, noProxy })(new URL(url)) === undefined).toBe(isDirect);
  });

  it.each([
    ["commas", "a.example,b.example"],
    ["commas and blanks", " a.example , b.example ,"],
    ["blanks, too", "a.example b.example"],
  ])("parts entries by %s", (_name, noProxy) => {
    const rule = createProxyRule({ ...settings, noProxy });
    const asked = ["a", "b", "c"].map((name) => rule(new URL(`https://${name}.example`)) === undefined);
    expect(asked).toEqual([true, true, false]);
  });

  it.each([
    ["https://quay.io/", "http://secure.proxy:2/"],
    ["http://quay.io/", "http://plain.proxy:1/"],
    ["https://10.1.2.3/", "http://secure.proxy:2/"],
    ["https://localhost:5000/", undefined],
    ["https://127.0.0.1/", undefined],
    ["https://[::1]/", undefined],
  ])("%s goes by %s", (url, expected) => {
    expect(createProxyRule(settings)(new URL(url))?.href).toBe(expected);
  });

  it("goes directly without a proxy", () => {
    expect(createProxyRule({})(new URL("https://quay.io"))).toBeUndefined();
    expect(createProxyRule({ https: "" })(new URL("https://quay.io"))).toBeUndefined();
  });

  it("refuses a proxy that is no address, without repeating it", () => {
    const rule = createProxyRule({ https: "http://user:secret@:x" });
    expect(() => rule(new URL("https://quay.io"))).toThrow(/^HTTP_PROXY or HTTPS_PROXY is no address/);
  });
});
