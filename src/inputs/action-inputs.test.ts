import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { actionInputs, parseActionInputs } from "./action-inputs.ts";
import type { Environment } from "./configuration.ts";
import { InputError } from "./errors.ts";

function problemsOf(env: Environment): readonly string[] {
  try {
    parseActionInputs(env);
  } catch (error) {
    if (error instanceof InputError) {
      return error.problems.map(({ subject, message }) => `${subject}: ${message}`);
    }
    throw error;
  }
  return [];
}

describe("parseActionInputs", () => {
  it("reads inputs as runners name them, and takes empty ones as not given", () => {
    const { configuration, cache } = parseActionInputs({
      INPUT_IMAGE: "a:1",
      INPUT_IMAGES: "",
      INPUT_KEY: "cosign.pub",
      INPUT_POLICY: " p.yaml\n",
      "INPUT_IGNORE-REKOR": "true",
      INPUT_IDENTITY: "^me$",
      INPUT_ISSUER: "https://issuer",
      INPUT_WORKERS: "3",
      INPUT_STRICT: "false",
      INPUT_INFO: "true",
      "INPUT_TOKEN-SERVICE": "r.example=t.example",
      "INPUT_EXTRA-PARAMS": "",
      INPUT_CACHE: "false",
    });
    expect(cache).toBe(false);
    expect(configuration).toMatchObject({
      snapshot: { image: "a:1" },
      policy: {
        policy: "p.yaml",
        info: true,
        keys: { publicKey: "cosign.pub", certificateIdentityRegExp: "^me$", certificateOidcIssuer: "https://issuer" },
      },
      verification: { ignoreRekor: true },
      run: { workers: 3, strict: false },
      registry: { tokenServices: [{ registry: "r.example", host: "t.example" }] },
    });
  });

  it("knows exactly the inputs that action.yml declares", () => {
    const declared: unknown = parse(readFileSync(join(import.meta.dirname, "..", "..", "action.yml"), "utf8"));
    const names = Object.keys((declared as { inputs: object }).inputs);
    expect(actionInputs.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  });

  it("refuses inputs that nobody reads, and says what may be meant", () => {
    const env = { INPUT_IMAGE: "a", INPUT_POLCY: "p.yaml", INPUT_ELSEWHERE: "x", INPUT_EMPTY: "" };
    expect(problemsOf(env)).toEqual([
      "elsewhere: this input is not known; action.yml lists the inputs",
      "polcy: this input is not known; did you mean policy?",
    ]);
  });

  it("keeps the indentation of YAML that begins on its own line", () => {
    const { configuration } = parseActionInputs({ INPUT_IMAGES: "\n  components:\n  - containerImage: a\n" });
    expect(configuration.snapshot.images).toBe("  components:\n  - containerImage: a");
  });

  it("keeps the cache unless told otherwise", () => {
    expect(parseActionInputs({ INPUT_IMAGE: "a" }).cache).toBe(true);
  });

  it("takes a value that begins with a dash for a value", () => {
    expect(parseActionInputs({ INPUT_IMAGE: "a", INPUT_POLICY: "--strict=false" }).configuration).toMatchObject({
      policy: { policy: "--strict=false" },
      run: { strict: true },
    });
  });

  it("lets extra-params, split like a shell would, win over inputs", () => {
    const { configuration } = parseActionInputs({
      INPUT_IMAGE: "a",
      INPUT_WORKERS: "3",
      "INPUT_EXTRA-PARAMS": "--workers=4 --output 'json=my file.json'\n--extra-rule-data \"k=v w\"",
    });
    expect(configuration.run.workers).toBe(4);
    expect(configuration.output.targets[0]?.path).toBe("my file.json");
    expect(configuration.policy.extraRuleData).toEqual(["k=v w"]);
  });

  it("reports every problem at once, under the input's name", () => {
    expect(
      problemsOf({
        INPUT_WORKERS: "x",
        INPUT_CACHE: "maybe",
        "INPUT_EXTRA-PARAMS": "--foo bar stray",
      }),
    ).toEqual([
      "--foo: this flag is not known; --help lists the flags",
      'extra-params: "stray" belongs to no flag; write every value as --flag=value',
      'cache: expected true or false, got "maybe"',
      "image (--image): expected an image or a snapshot to validate, got neither; pass --image=REF or --images=FILE",
      'workers (--workers): expected auto or a whole number from 1 to 256, got "x"',
    ]);
  });

  it("refuses an open quote", () => {
    expect(problemsOf({ INPUT_IMAGE: "a", "INPUT_EXTRA-PARAMS": "--output 'json" })).toEqual([
      'extra-params: expected flags, got a text whose quotes do not match: "--output \'json"',
    ]);
  });
});
