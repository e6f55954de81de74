import { describe, expect, it } from "vitest";
import { parsePackageUrl } from "./purl-parser.ts";

function flatten(text: string): string[] | undefined {
  const parsed = parsePackageUrl(text);
  if (parsed === undefined) {
    return undefined;
  }
  const qualifiers = parsed.qualifiers.map(({ key, value }) => `${key}=${value}`).join("&");
  return [parsed.type, parsed.namespace, parsed.name, parsed.version, qualifiers, parsed.subpath];
}

// What packageurl-go 0.1.3 answers: type, namespace, name, version, qualifiers, subpath.
describe("parsePackageUrl", () => {
  it.each([
    ["pkg:npm/foo@1.0", ["npm", "", "foo", "1.0", "", ""]],
    ["pkg:npm/%40angular/animation@12.3.1", ["npm", "@angular", "animation", "12.3.1", "", ""]],
    ["pkg:golang/Github.com/Foo/Bar@v1#sub/path", ["golang", "github.com/foo", "bar", "v1", "", "sub/path"]],
    [
      "pkg:oci/image@sha256%3Aabc?repository_url=quay.io%2Fa%2Fb&arch=amd64",
      ["oci", "", "image", "sha256:abc", "arch=amd64&repository_url=quay.io/a/b", ""],
    ],
    [
      "pkg:oci/image@sha256:abc?tag=x&repository_url=quay.io/a/b",
      ["oci", "", "image", "sha256:abc", "repository_url=quay.io/a/b&tag=x", ""],
    ],
    ["pkg:/npm/foo@1", ["npm", "", "foo", "1", "", ""]],
    ["pkg://npm/foo@1", ["npm", "", "foo", "1", "", ""]],
    ["pkg:///npm//foo@1", ["npm", "", "foo", "1", "", ""]],
    ["pkg:npm//foo@1", ["npm", "", "foo", "1", "", ""]],
    ["pkg:npm/foo@1/bar", ["npm", "foo@1", "bar", "", "", ""]],
    ["pkg:npm/", undefined],
    ["pkg:npm", undefined],
    ["npm/foo", undefined],
    ["PKG:NPM/Foo@1", ["npm", "", "foo", "1", "", ""]],
    ["pkg:NPM/Foo@1", ["npm", "", "foo", "1", "", ""]],
    ["pkg:pypi/Foo_Bar@1", ["pypi", "", "foo-bar", "1", "", ""]],
    [
      "pkg:rpm/fedora/curl@7.50.3-1.fc25?arch=i386&distro=fedora-25",
      ["rpm", "fedora", "curl", "7.50.3-1.fc25", "arch=i386&distro=fedora-25", ""],
    ],
    ["pkg:rpm/FEDORA/Curl@7?ARCH=x", ["rpm", "fedora", "Curl", "7", "arch=x", ""]],
    ["pkg:deb/debian/Curl@7?arch=", ["deb", "debian", "curl", "7", "", ""]],
    ["pkg:conan/name@1", ["conan", "", "name", "1", "", ""]],
    ["pkg:conan/ns/name@1", undefined],
    ["pkg:conan/ns/name@1?channel=stable", ["conan", "ns", "name", "1", "channel=stable", ""]],
    ["pkg:conan/name@1?channel=stable", undefined],
    ["pkg:swift/name@1", undefined],
    ["pkg:swift/ns/name@1", ["swift", "ns", "name", "1", "", ""]],
    ["pkg:cran/A3", undefined],
    ["pkg:cran/A3@0.9", ["cran", "", "A3", "0.9", "", ""]],
    ["pkg:npm/foo@1?a=1&a=2", undefined],
    ["pkg:npm/foo@1?a=1;b=2", undefined],
    ["pkg:npm/foo@1?=1", undefined],
    ["pkg:npm/foo@1?a", ["npm", "", "foo", "1", "", ""]],
    ["pkg:npm/foo@1?a=b+c", ["npm", "", "foo", "1", "a=b c", ""]],
    ["pkg:npm/foo@1?a%20b=c", undefined],
    ["pkg:npm/foo%zz@1", undefined],
    ["pkg:npm/foo@1#a/../b", undefined],
    ["pkg:npm/foo@1#../b", ["npm", "", "foo", "1", "", "../b"]],
    ["pkg:npm/foo@1#/a/b/", ["npm", "", "foo", "1", "", "a/b"]],
    ["pkg:1npm/foo@1", undefined],
    ["pkg:npm/foo bar@1", ["npm", "", "foo bar", "1", "", ""]],
    ["pkg:generic/a%2Fb@1%2F2", ["generic", "", "a/b", "1/2", "", ""]],
    [
      "pkg:mlflow/Foo@1?repository_url=https://adb.azuredatabricks.net/api",
      ["mlflow", "", "foo", "1", "repository_url=https://adb.azuredatabricks.net/api", ""],
    ],
    [
      "pkg:mlflow/Foo@1?repository_url=https://x.azureml.ms/",
      ["mlflow", "", "Foo", "1", "repository_url=https://x.azureml.ms/", ""],
    ],
    ["pkg:huggingface/Org/Name@ABC", ["huggingface", "Org", "Name", "abc", "", ""]],
    ["pkg:npm/foo@", ["npm", "", "foo", "", "", ""]],
    ["pkg:npm/@scope/name@1", ["npm", "@scope", "name", "1", "", ""]],
    ["pkg:npm/@scope@1", ["npm", "", "@scope", "1", "", ""]],
    ["pkg:github/Package-url/Purl-Spec@244fd47e", ["github", "package-url", "purl-spec", "244fd47e", "", ""]],
    ["pkg:maven/org.apache.commons/io@1.3.4?type=jar#", ["maven", "org.apache.commons", "io", "1.3.4", "type=jar", ""]],
    [
      "pkg:npm/foo@1?checksum=sha256:ad9503c3e994a4f611a4892f2e67ac82df727086",
      ["npm", "", "foo", "1", "checksum=sha256:ad9503c3e994a4f611a4892f2e67ac82df727086", ""],
    ],
    [
      "pkg:docker/cassandra@sha256:244fd47e07d1004f0aed9c",
      ["docker", "", "cassandra", "sha256:244fd47e07d1004f0aed9c", "", ""],
    ],
    ["pkg://user@npm/foo", ["npm", "", "foo", "", "", ""]],
    ["pkg://npm:80/foo", undefined],
    ["pkg://npm:x/foo", undefined],
    ["pkg:npm/föö@1", ["npm", "", "föö", "1", "", ""]],
    ["pkg:npm/%ff@1", ["npm", "", "�", "1", "", ""]],
    ["pkg:/npm/a/../foo@1", ["npm", "", "foo", "1", "", ""]],
    ["pkg:/npm/a%2Fb@1", ["npm", "a", "b", "1", "", ""]],
    [" pkg:npm/foo", undefined],
    ["pkg:npm/foo?", ["npm", "", "foo", "", "", ""]],
    ["pkg:npm/foo#", ["npm", "", "foo", "", "", ""]],
    ["pkg:npm/foo@1?a=%", undefined],
    ["pkg:npm/foo#%", undefined],
    ["pkg:npm/a?x=1#y?z", ["npm", "", "a", "", "x=1", "y?z"]],
    ["pkg:npm/a#y#z", ["npm", "", "a", "", "", "y#z"]],
  ] as [string, string[] | undefined][])("%s", (text, expected) => {
    expect(flatten(text)).toEqual(expected);
  });
});
