import { describe, expect, it } from "vitest";
import { toDigest } from "../types/index.ts";
import { DemoError } from "./errors.ts";
import { createProvenance, type ProvenanceOptions } from "./provenance.ts";
import { createScript } from "./provenance-script.ts";

interface Task {
  name: string;
  after?: string[];
  status: string;
  startedOn: string;
  finishedOn: string;
  ref: { params: { name: string; value: string }[] };
  results: { name: string; value: string }[];
  steps: { entryPoint: string; environment: { image: string } }[];
}

interface Predicate {
  builder: { id: string };
  buildType: string;
  buildConfig: { tasks: Task[] };
  materials: { uri: string; digest: Record<string, string> }[];
  metadata: { buildStartedOn: string; buildFinishedOn: string };
}

const base: ProvenanceOptions = { image: "127.0.0.1:5000/shop/app", digest: toDigest(Buffer.from("image")) };

function create(options: Partial<ProvenanceOptions> = {}): Predicate {
  return createProvenance({ ...base, ...options }).predicate as Predicate;
}

function outcomes(predicate: Predicate): Record<string, string> {
  const found = predicate.buildConfig.tasks.flatMap(({ name, results }) =>
    results
      .filter((result) => result.name === "TEST_OUTPUT")
      .map(({ value }): [string, string] => [name, (JSON.parse(value) as { result: string }).result]),
  );
  return Object.fromEntries(found);
}

describe("createProvenance", () => {
  it("has about 180 kB, and is the same for the same options", () => {
    const text = JSON.stringify(createProvenance(base));
    expect(text.length).toBeGreaterThan(170_000);
    expect(text.length).toBeLessThan(190_000);
    expect(JSON.stringify(createProvenance(base))).toBe(text);
    expect(JSON.stringify(createProvenance({ ...base, git: { url: "https://x", revision: "0" } }))).not.toBe(text);
  });

  it("names image and children as subjects", () => {
    const child = toDigest(Buffer.from("child"));
    const { subject } = createProvenance({ ...base, alsoSubjects: [child] });
    expect(subject).toEqual([
      { name: base.image, digest: { sha256: base.digest.slice(7) } },
      { name: base.image, digest: { sha256: child.slice(7) } },
    ]);
  });

  it("has the members that Tekton Chains writes", () => {
    const statement = createProvenance(base);
    expect([statement._type, statement.predicateType]).toEqual([
      "https://in-toto.io/Statement/v0.1",
      "https://slsa.dev/provenance/v0.2",
    ]);
    const predicate = statement.predicate as Predicate;
    expect(Object.keys(predicate).sort()).toEqual(
      ["buildConfig", "buildType", "builder", "invocation", "materials", "metadata"].sort(),
    );
    const members = "finishedOn,invocation,name,ref,results,serviceAccountName,startedOn,status,steps";
    for (const task of predicate.buildConfig.tasks) {
      const names = Object.keys(task).filter((name) => name !== "after");
      expect(names.sort().join()).toBe(members);
    }
    expect(predicate.buildConfig.tasks).toHaveLength(15);
    expect(predicate.materials.at(-1)).toMatchObject({ uri: "git+https://git.example.com/acme/shop.git" });
    for (const { digest } of predicate.materials) expect(Object.values(digest).join()).toMatch(/^[0-9a-f]{40,64}$/);
  });

  it("runs tasks after one another, within the build's time", () => {
    const { buildConfig, metadata } = create({ startedOn: "2026-03-01T00:00:00Z" });
    expect(metadata.buildStartedOn).toBe("2026-03-01T00:00:00Z");
    const byName = new Map(buildConfig.tasks.map((task) => [task.name, task]));
    for (const { startedOn, finishedOn, after } of buildConfig.tasks) {
      expect(finishedOn > startedOn && finishedOn < metadata.buildFinishedOn).toBe(true);
      for (const name of after ?? []) expect((byName.get(name)?.finishedOn ?? "~") <= startedOn).toBe(true);
    }
  });

  it("can be told to break a policy", () => {
    const broken = create({
      builderId: "https://laptop.example",
      omitTasks: ["scan-malware"],
      failTasks: ["prepare"],
      unpinTasks: ["fetch-source"],
      testOutcomes: { "scan-vulnerabilities": "FAILURE", "check-packages": "WARNING" },
    });
    expect(broken.builder.id).toBe("https://laptop.example");
    const tasks = new Map(broken.buildConfig.tasks.map((task) => [task.name, task]));
    expect(tasks.has("scan-malware")).toBe(false);
    expect([tasks.get("prepare")?.status, tasks.get("summarise")?.status]).toEqual(["Failed", "Succeeded"]);
    const bundle = (name: string) => tasks.get(name)?.ref.params.find((param) => param.name === "bundle")?.value;
    expect(bundle("fetch-source")).not.toContain("@");
    expect(bundle("prepare")).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(outcomes(broken)).toEqual({
      "analyse-source": "SUCCESS",
      "check-base-image": "SUCCESS",
      "check-licences": "SUCCESS",
      "check-packages": "WARNING",
      "scan-vulnerabilities": "FAILURE",
    });
  });

  const refused: { name: string; options: Partial<ProvenanceOptions> }[] = [
    { name: "an unknown task to leave out", options: { omitTasks: ["scan"] } },
    { name: "an unknown task with an outcome", options: { testOutcomes: { scan: "ERROR" } } },
    { name: "a date without a time", options: { startedOn: "2026-01-01" } },
    { name: "a time that does not exist", options: { startedOn: "2026-13-01T00:00:00Z" } },
  ];
  it.each(refused)("refuses $name", ({ options }) => {
    expect(() => create(options)).toThrow(expect.objectContaining({ code: "invalid_option" }) as DemoError);
    expect(() => create(options)).toThrow(DemoError);
  });
});

describe("createScript", () => {
  it.each([60, 400, 16_000])("makes a script of %i bytes and a line's end", (size) => {
    const script = createScript("a step", size);
    expect(script).toHaveLength(size + 1);
    expect(script.startsWith("#!/usr/bin/env bash\n")).toBe(true);
    expect(createScript("a step", size)).toBe(script);
    expect(createScript("another step", size)).not.toBe(script);
  });
});
