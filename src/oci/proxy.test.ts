import { describe, expect, it } from "vitest";
import { createProxyRule } from "./proxy.ts";

const settings = {
  http: "http://plain.proxy:1",
  https: "secure.proxy:2",
  noProxy:
    "example.com, .inner.example *.star.example,10.0.0.0/8,host.example:8443,192.0.2.7,fd00::/8,[2001:db8::1]:5000",
};

describe("createProxyRule", () => {
  const cases: [string, string | undefined][] = [
    ["https://quay.io/", "http://secure.proxy:2"],
    ["http://quay.io/", "http://plain.proxy:1"],
    ["https://localhost:5000/", undefined],
    ["https://127.0.0.1/", undefined],
    ["https://example.com/", undefined],
    ["https://a.example.com/", undefined],
    ["https://notexample.com/", "http://secure.proxy:2"],
    ["https://inner.example/", "http://secure.proxy:2"],
    ["https://a.inner.example/", undefined],
    ["https://a.star.example/", undefined],
    ["https://10.1.2.3/", undefined],
    ["https://11.1.2.3/", "http://secure.proxy:2"],
    ["https://host.example:8443/", undefined],
    ["https://host.example/", "http://secure.proxy:2"],
    ["https://192.0.2.7/", undefined],
    ["https://[fd00::1]/", undefined],
    ["https://[2001:db8::1]:5000/", undefined],
    ["https://[2001:db8::1]/", "http://secure.proxy:2"],
  ];
  it.each(cases)("%s goes by %s", (url, expected) => {
    expect(createProxyRule(settings)(new URL(url))).toBe(expected);
  });

  it("knows the star", () => {
    expect(createProxyRule({ ...settings, noProxy: "*" })(new URL("https://quay.io"))).toBeUndefined();
  });

  it("goes directly without a proxy", () => {
    expect(createProxyRule({})(new URL("https://quay.io"))).toBeUndefined();
  });
});
