import { describe, expect, it } from "vitest";
import { type CredentialPorts, createCredentialStore } from "./credentials.ts";
import { noSignal } from "./fake-registry.fixture.ts";

const basic = (text: string) => Buffer.from(text).toString("base64");
const asBasic = (username: string, password: string) => ({ kind: "basic", username, password });

function createStore(files: Record<string, unknown>, options: Partial<CredentialPorts> = {}) {
  return createCredentialStore({
    readFile: async (path) => {
      const file = files[path.replaceAll("\\", "/")];
      return file === undefined || typeof file === "string" ? file : JSON.stringify(file);
    },
    env: { HOME: "/home/u" },
    runHelper: async () => {
      throw new Error("no such program");
    },
    ...options,
  });
}

const docker = "/home/u/.docker/config.json";

describe("createCredentialStore", () => {
  const cases: [string, unknown, string, string, unknown][] = [
    ["base64", { auths: { "ghcr.io": { auth: basic("u:p:q") } } }, "ghcr.io", "a/b", asBasic("u", "p:q")],
    ["trailing zero bytes", { auths: { "ghcr.io": { auth: basic("u:p\0\0") } } }, "ghcr.io", "a/b", asBasic("u", "p")],
    [
      "user and password",
      { auths: { "ghcr.io": { username: "u", password: "p" } } },
      "ghcr.io",
      "a/b",
      asBasic("u", "p"),
    ],
    [
      "a scheme and a version in the key",
      { auths: { "https://ghcr.io/v2/": { auth: basic("u:p") } } },
      "ghcr.io",
      "a/b",
      asBasic("u", "p"),
    ],
    [
      "Docker Hub's old key",
      { auths: { "https://index.docker.io/v1/": { auth: basic("u:p") } } },
      "index.docker.io",
      "library/a",
      asBasic("u", "p"),
    ],
    [
      "Docker Hub's short name",
      { auths: { "docker.io": { auth: basic("u:p") } } },
      "index.docker.io",
      "library/a",
      asBasic("u", "p"),
    ],
    [
      "Docker Hub with a namespace",
      { auths: { "docker.io/team": { auth: basic("u:p") } } },
      "index.docker.io",
      "team/a",
      asBasic("u", "p"),
    ],
    ["a port", { auths: { "localhost:5000": { auth: basic("u:p") } } }, "localhost:5000", "a/b", asBasic("u", "p")],
    ["another port", { auths: { "localhost:5000": { auth: basic("u:p") } } }, "localhost:5001", "a/b", undefined],
    ["another host that ends alike", { auths: { "ghcr.io": { auth: basic("u:p") } } }, "evilghcr.io", "a/b", undefined],
    [
      "an identity token",
      { auths: { "a.azurecr.io": { auth: basic("0000:"), identitytoken: "t" } } },
      "a.azurecr.io",
      "a/b",
      { kind: "identity-token", username: "0000", token: "t" },
    ],
    [
      "a registry token",
      { auths: { "ghcr.io": { registrytoken: "t" } } },
      "ghcr.io",
      "a/b",
      { kind: "registry-token", token: "t" },
    ],
    [
      "base64 without padding",
      { auths: { "ghcr.io": { auth: basic("u:pp").replace(/=+$/, "") } } },
      "ghcr.io",
      "a/b",
      asBasic("u", "pp"),
    ],
    ["an empty password", { auths: { "ghcr.io": { auth: basic("u:") } } }, "ghcr.io", "a/b", asBasic("u", "")],
    [
      "a password that is no ASCII",
      { auths: { "ghcr.io": { auth: basic("ü:pä") } } },
      "ghcr.io",
      "a/b",
      asBasic("ü", "pä"),
    ],
    [
      "auth before user and password",
      { auths: { "ghcr.io": { auth: basic("u:p"), username: "x", password: "y" } } },
      "ghcr.io",
      "a/b",
      asBasic("u", "p"),
    ],
    [
      "a key of plain HTTP",
      { auths: { "http://ghcr.io": { auth: basic("u:p") } } },
      "ghcr.io",
      "a/b",
      asBasic("u", "p"),
    ],
    [
      "a key with version 1",
      { auths: { "https://ghcr.io/v1/": { auth: basic("u:p") } } },
      "ghcr.io",
      "a/b",
      asBasic("u", "p"),
    ],
    [
      "a key with a slash behind",
      { auths: { "ghcr.io/": { auth: basic("u:p") } } },
      "ghcr.io",
      "a/b",
      asBasic("u", "p"),
    ],
    ["a key in capitals", { auths: { "GHCR.io": { auth: basic("u:p") } } }, "ghcr.io", "a/b", asBasic("u", "p")],
    [
      "a key with scheme, port and version",
      { auths: { "https://localhost:5000/v2/": { auth: basic("u:p") } } },
      "localhost:5000",
      "a/b",
      asBasic("u", "p"),
    ],
    [
      "a key that is an IPv6 address",
      { auths: { "[::1]:5000": { auth: basic("u:p") } } },
      "[::1]:5000",
      "a/b",
      asBasic("u", "p"),
    ],
    [
      "Docker Hub's API name",
      { auths: { "registry-1.docker.io": { auth: basic("u:p") } } },
      "index.docker.io",
      "library/a",
      asBasic("u", "p"),
    ],
    [
      "not Docker Hub under a name that ends alike",
      { auths: { "docker.io": { auth: basic("u:p") } } },
      "evildocker.io",
      "a/b",
      undefined,
    ],
    [
      "no namespace of another case",
      { auths: { "quay.io/Team": { auth: basic("u:p") } } },
      "quay.io",
      "team/a",
      undefined,
    ],
    ["no part of a namespace", { auths: { "quay.io/te": { auth: basic("u:p") } } }, "quay.io", "team/a", undefined],
    [
      "no path that only looks like a version",
      { auths: { "quay.io/v2/team": { auth: basic("u:p") } } },
      "quay.io",
      "team/a",
      undefined,
    ],
    [
      "an identity token before a pair",
      { auths: { "ghcr.io": { username: "u", password: "p", identitytoken: "t" } } },
      "ghcr.io",
      "a/b",
      { kind: "identity-token", username: "u", token: "t" },
    ],
    [
      "a registry token before all else",
      { auths: { "ghcr.io": { auth: basic("u:p"), identitytoken: "i", registrytoken: "t" } } },
      "ghcr.io",
      "a/b",
      { kind: "registry-token", token: "t" },
    ],
    [
      "what is written, before the helper for all",
      { credsStore: "missing", auths: { "ghcr.io": { auth: basic("u:p") } } },
      "ghcr.io",
      "a/b",
      asBasic("u", "p"),
    ],
    ["entries that are none left out", { auths: { "ghcr.io": "x", "quay.io": null } }, "ghcr.io", "a/b", undefined],
    ["auths that are none left out", { auths: [] }, "ghcr.io", "a/b", undefined],
    ["an empty entry", { auths: { "ghcr.io": {} } }, "ghcr.io", "a/b", undefined],
    ["no entry", {}, "ghcr.io", "a/b", undefined],
  ];
  it.each(cases)("finds %s", async (_name, file, registry, repository, expected) => {
    expect(await createStore({ [docker]: file }).find(registry, repository, noSignal)).toEqual(expected);
  });

  it.each([
    ["quay.io", "team/app/part", "longest"],
    ["quay.io", "team/app", "longest"],
    ["quay.io", "team/other", "middle"],
    ["quay.io", "teammate/app", "host"],
  ])("takes the longest namespace: %s/%s", async (registry, repository, expected) => {
    const auths = {
      "quay.io": { auth: basic("host:p") },
      "quay.io/team": { auth: basic("middle:p") },
      "quay.io/team/app": { auth: basic("longest:p") },
    };
    const store = createStore({ "/run/u/containers/auth.json": { auths } }, { env: { XDG_RUNTIME_DIR: "/run/u" } });
    expect(await store.find(registry, repository, noSignal)).toEqual(asBasic(expected, "p"));
  });

  it("reads the files in order and takes the first that has an entry", async () => {
    const entry = (user: string, ...hosts: string[]) => ({
      auths: Object.fromEntries(hosts.map((host) => [host, { auth: basic(`${user}:p`) }])),
    });
    const store = createStore(
      {
        "/conf/config.json": entry("docker", "a.io"),
        "/auth.json": entry("file", "a.io", "b.io"),
        "/run/u/containers/auth.json": entry("runtime", "b.io", "c.io"),
        "/home/u/.config/containers/auth.json": entry("home", "c.io", "d.io"),
        [docker]: entry("unread", "a.io", "e.io"),
      },
      { env: { HOME: "/home/u", DOCKER_CONFIG: "/conf", REGISTRY_AUTH_FILE: "/auth.json", XDG_RUNTIME_DIR: "/run/u" } },
    );
    const found = await Promise.all(
      ["a.io", "b.io", "c.io", "d.io", "e.io"].map((host) => store.find(host, "x/y", noSignal)),
    );
    expect(found.map((credential) => credential?.kind === "basic" && credential.username)).toEqual([
      "docker",
      "file",
      "runtime",
      "home",
      false,
    ]);
  });

  it.each([
    ["HOME", { HOME: "/home/u", USERPROFILE: "/elsewhere" }],
    ["USERPROFILE, where there is no HOME, as on Windows", { USERPROFILE: "/home/u" }],
    ["USERPROFILE, where HOME is empty", { HOME: "", USERPROFILE: "/home/u" }],
  ])("finds Docker's and containers' files below %s", async (_name, env) => {
    const files = {
      [docker]: { auths: { "a.io": { auth: basic("docker:p") } } },
      "/home/u/.config/containers/auth.json": { auths: { "b.io": { auth: basic("containers:p") } } },
    };
    const store = createStore(files, { env });
    expect(await store.find("a.io", "x/y", noSignal)).toEqual(asBasic("docker", "p"));
    expect(await store.find("b.io", "x/y", noSignal)).toEqual(asBasic("containers", "p"));
  });

  it("asks helpers once: the registry's own, then the one for all", async () => {
    const asked: string[] = [];
    const runHelper: CredentialPorts["runHelper"] = async (name, server) => {
      asked.push(`${name} ${server}`);
      if (name === "osxkeychain") return { stdout: "credentials not found in native keychain\n", exitCode: 1 };
      return { stdout: JSON.stringify({ ServerURL: server, Username: "<token>", Secret: "s" }), exitCode: 0 };
    };
    const store = createStore(
      { [docker]: { credsStore: "osxkeychain", credHelpers: { "gcr.io": "gcloud" } } },
      { runHelper },
    );
    const token = { kind: "identity-token", username: "<token>", token: "s" };
    expect(await Promise.all([store.find("gcr.io", "a/b", noSignal), store.find("gcr.io", "a/c", noSignal)])).toEqual([
      token,
      token,
    ]);
    expect(await store.find("index.docker.io", "library/a", noSignal)).toBeUndefined();
    expect(await store.find("index.docker.io", "library/b", noSignal)).toBeUndefined();
    expect(asked).toEqual(["gcloud gcr.io", "osxkeychain https://index.docker.io/v1/"]);
  });

  const helperCases: [name: string, file: object, registry: string, repository: string, asked: string[]][] = [
    ["the registry's own", { credHelpers: { "gcr.io": "gcloud" } }, "gcr.io", "a/b", ["gcloud gcr.io"]],
    [
      "the registry's own, in front of what is written",
      { credHelpers: { "gcr.io": "gcloud" }, auths: { "gcr.io": { auth: basic("u:p") } } },
      "gcr.io",
      "a/b",
      ["gcloud gcr.io"],
    ],
    [
      "a namespace's, in front of the registry's",
      { credHelpers: { "gcr.io": "host", "gcr.io/team": "team" } },
      "gcr.io",
      "team/b",
      ["team gcr.io/team"],
    ],
    [
      "not another namespace's",
      { credHelpers: { "gcr.io": "host", "gcr.io/team": "team" } },
      "gcr.io",
      "other/b",
      ["host gcr.io"],
    ],
    ["the one for all", { credsStore: "pass" }, "gcr.io", "a/b", ["pass gcr.io"]],
    ["the one for all, with the port", { credsStore: "pass" }, "localhost:5000", "a/b", ["pass localhost:5000"]],
    [
      "the one for all, by Docker Hub's old key",
      { credsStore: "pass" },
      "index.docker.io",
      "library/a",
      ["pass https://index.docker.io/v1/"],
    ],
    [
      "Docker Hub's, by the key as it is written",
      { credHelpers: { "docker.io": "hub" } },
      "index.docker.io",
      "library/a",
      ["hub docker.io"],
    ],
    ["none where there is none", { credHelpers: { "gcr.io": "gcloud" } }, "quay.io", "a/b", []],
    ["none where its name is empty", { credHelpers: { "gcr.io": "" }, credsStore: "" }, "gcr.io", "a/b", []],
  ];
  it.each(helperCases)("asks the right helper: %s", async (_name, file, registry, repository, expected) => {
    const asked: string[] = [];
    const runHelper: CredentialPorts["runHelper"] = async (name, server) => {
      asked.push(`${name} ${server}`);
      return { stdout: JSON.stringify({ ServerURL: server, Username: "h", Secret: "s" }), exitCode: 0 };
    };
    const found = await createStore({ [docker]: file }, { runHelper }).find(registry, repository, noSignal);
    expect(asked).toEqual(expected);
    expect(found).toEqual(expected.length === 0 ? undefined : asBasic("h", "s"));
  });

  it("goes on to the next file where a helper knows nothing", async () => {
    const runHelper: CredentialPorts["runHelper"] = async () => ({ stdout: "credentials not found", exitCode: 1 });
    const env = { HOME: "/home/u", REGISTRY_AUTH_FILE: "/auth.json" };
    const files = { [docker]: { credsStore: "x" }, "/auth.json": { auths: { "a.io": { auth: basic("u:p") } } } };
    expect(await createStore(files, { env, runHelper }).find("a.io", "b/c", noSignal)).toEqual(asBasic("u", "p"));
  });

  it("asks a helper again after it failed", async () => {
    let calls = 0;
    const runHelper: CredentialPorts["runHelper"] = async () => {
      calls += 1;
      return calls === 1 ? { stdout: "", exitCode: 1 } : { stdout: '{"Username":"u","Secret":"p"}', exitCode: 0 };
    };
    const store = createStore({ [docker]: { credsStore: "x" } }, { runHelper });
    await expect(store.find("a.io", "b/c", noSignal)).rejects.toMatchObject({ code: "unauthorized" });
    expect(await store.find("a.io", "b/c", noSignal)).toEqual(asBasic("u", "p"));
  });

  const faults: [string, unknown, CredentialPorts["runHelper"] | undefined][] = [
    ["a file that is no JSON", '{"auths": secret', undefined],
    ["a pair without a colon", { auths: { "ghcr.io": { auth: basic("secret") } } }, undefined],
    ["a pair that is no base64", { auths: { "ghcr.io": { auth: "secret!" } } }, undefined],
    ["a file that is a list", ["secret"], undefined],
    ["a registry token with a line's end", { auths: { "ghcr.io": { registrytoken: "secret\n" } } }, undefined],
    ["a helper with a path", { credHelpers: { "ghcr.io": "../../secret" } }, undefined],
    ["a helper with a path of Windows", { credsStore: "..\\secret" }, undefined],
    ["a helper with an argument", { credsStore: "x secret" }, undefined],
    ["a helper that is an option", { credsStore: "-secret" }, undefined],
    ["a helper that is missing", { credHelpers: { "ghcr.io": "x" } }, undefined],
    ["a helper that fails", { credsStore: "x" }, async () => ({ stdout: "secret", exitCode: 2 })],
    [
      "a helper that writes something else",
      { credsStore: "x" },
      async () => ({ stdout: '{"Secret": "secret"}', exitCode: 0 }),
    ],
  ];
  it.each(faults)("says what is wrong without secrets: %s", async (_name, file, runHelper) => {
    const store = createStore({ [docker]: file }, runHelper ? { runHelper } : {});
    const fault: unknown = await store.find("ghcr.io", "a/b", noSignal).catch((thrown: unknown) => thrown);
    expect(fault).toMatchObject({ name: "OciError", code: "unauthorized" });
    expect(String(fault)).not.toContain("secret");
  });
});
