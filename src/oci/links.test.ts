import { describe, expect, it } from "vitest";
import { parseNextPage } from "./links.ts";

const path = "/v2/team/app/tags/list?n=2";

function nextPage(...links: string[]): string | undefined {
  const response = { headers: (name: string) => (name === "link" ? links : []) };
  return parseNextPage(response as unknown as Parameters<typeof parseNextPage>[0], path, "subject");
}

describe("parseNextPage", () => {
  it.each([
    ["no link", [], undefined],
    ["a path", ['</v2/team/app/tags/list?last=b&n=2>; rel="next"'], "/v2/team/app/tags/list?last=b&n=2"],
    ["a query", ['<?last=b>; rel="next"'], "/v2/team/app/tags/list?last=b"],
    ["another host", ['<http://internal:5000/v2/a/b/tags/list?last=b>; rel="next"'], "/v2/a/b/tags/list?last=b"],
    ["no quotes", ["</v2/x/tags/list?last=b>;rel=next"], "/v2/x/tags/list?last=b"],
    ["capitals", ['</v2/x/tags/list?last=b>; REL="Next"'], "/v2/x/tags/list?last=b"],
    ["several relations", ['</v2/x/tags/list?last=b>; rel="last next"'], "/v2/x/tags/list?last=b"],
    ["a relation that begins so", ['</v2/x/tags/list?last=b>; rel="next-archive"'], undefined],
    ["other parameters", ['</v2/x/tags/list?last=b>; title="t"; rel="next"'], "/v2/x/tags/list?last=b"],
    [
      "other links",
      ['</v2/x/tags/list?last=a>; rel="prev", </v2/x/tags/list?last=b>; rel="next"'],
      "/v2/x/tags/list?last=b",
    ],
    [
      "other links in headers of their own",
      ['</v2/x/tags/list?last=a>; rel="first"', '</v2/x/tags/list?last=b>; rel="next"'],
      "/v2/x/tags/list?last=b",
    ],
    ["other links alone", ['</v2/x/tags/list?last=a>; rel="prev"'], undefined],
    ["escapes", ['</v2/team%2Fapp/tags%2flist?last=b>; rel="next"'], "/v2/team%2Fapp/tags%2flist?last=b"],
    ["a fragment", ['</v2/x/tags/list?last=b#part>; rel="next"'], "/v2/x/tags/list?last=b"],
  ])("reads %s", (_name, links, expected) => {
    expect(nextPage(...links)).toBe(expected);
  });

  it.each([
    ["a path outside", '</admin>; rel="next"'],
    ["a path that goes up", '</v2/../admin>; rel="next"'],
    ["another list", '</v2/team/app/referrers/x?last=b>; rel="next"'],
    ["a tag", '</v2/team/app/tags/list/manifests/v1>; rel="next"'],
    ["a broken escape", '</v2/team/app/tags/%zz>; rel="next"'],
    ["more than is read", `</v2/team/app/tags/list?last=${"x".repeat(9000)}>; rel="next"`],
    ["no address", '<http://[>; rel="next"'],
  ])("refuses %s", (_name, link) => {
    expect(() => nextPage(link)).toThrow(expect.objectContaining({ name: "OciError", code: "invalid-response" }));
  });
});
