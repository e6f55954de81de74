import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseCommandLine } from "./command-line.ts";
import type { Command, Environment, ValidateImageConfiguration } from "./configuration.ts";
import { InputError, type InputProblem } from "./errors.ts";

function configure(words: readonly string[], env: Environment = {}): ValidateImageConfiguration {
  const command = parseCommandLine(["validate", "image", "--image=a:1", ...words], env);
  if (command.kind !== "validate-image") {
    throw new Error(`got ${command.kind}`);
  }
  return command.configuration;
}

function problemsOf(argv: readonly string[], env: Environment = {}): readonly InputProblem[] {
  try {
    parseCommandLine(argv, env);
  } catch (error) {
    if (error instanceof InputError) {
      expect(error.code).toBe("INPUTS_INVALID");
      return error.problems;
    }
    throw error;
  }
  return [];
}

function imageProblems(words: readonly string[], env: Environment = {}): readonly string[] {
  return problemsOf(["validate", "image", "--image=a:1", ...words], env).map(
    ({ subject, message }) => `${subject}: ${message}`,
  );
}

const { publicKey } = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

describe("validate image", () => {
  it("has these defaults", () => {
    expect(configure([], { HOME: "/home/u" })).toEqual({
      snapshot: { image: "a:1", allowEmpty: false },
      policy: {
        policy: "",
        keys: {},
        effectiveTime: "now",
        allowPastEffectiveTime: false,
        extraRuleData: [],
        filterType: "include-exclude",
        info: false,
      },
      verification: {
        ignoreRekor: false,
        skipImageSignatureCheck: false,
        skipAttestationSignatureCheck: false,
        attestationAsSignature: false,
        maxAttachmentBytes: 134_217_728,
      },
      trust: { noTufCache: false },
      registry: {
        pull: "if-newer",
        offline: false,
        insecureRegistries: [],
        tokenServices: [],
        platforms: "all",
        indexWorkers: 5,
        retry: { maxRetries: 3, initialWaitMs: 1000, maxWaitMs: 3000, factor: 2, jitter: 0.1 },
      },
      cache: { directory: join("/home/u", ".cache", "sealcheck"), maxBytes: 2_147_483_648 },
      run: { workers: "auto", timeoutMs: 0, componentTimeoutMs: 600_000, strict: true },
      output: {
        showSuccesses: false,
        showWarnings: true,
        showPolicyDocsLink: false,
        color: "auto",
        targets: [
          {
            format: "text",
            options: {
              showSuccesses: false,
              showWarnings: true,
              showPolicyDocsLink: false,
              includeSuccesses: false,
            },
          },
        ],
      },
      logLevel: "warning",
    });
  });

  it("is frozen all the way down", () => {
    const configuration = configure(["--output=json"]);
    expect(Object.isFrozen(configuration.output.targets[0]?.options)).toBe(true);
    expect(Object.isFrozen(configuration.registry.retry)).toBe(true);
  });

  it.each<[string, readonly string[], (configuration: ValidateImageConfiguration) => unknown, unknown]>([
    ["a value after a blank", ["--policy", "p.yaml"], ({ policy }) => policy.policy, "p.yaml"],
    ["a short flag", ["-p", "p.yaml"], ({ policy }) => policy.policy, "p.yaml"],
    ["a short flag in one word", ["-pp.yaml"], ({ policy }) => policy.policy, "p.yaml"],
    ["a short flag with =", ["-p=p.yaml"], ({ policy }) => policy.policy, "p.yaml"],
    ["a short boolean", ["-s=false"], ({ run }) => run.strict, false],
    ["the last of two", ["--image=b", "--image=c"], ({ snapshot }) => snapshot.image, "c"],
    ["an empty value as not given", ["--rekor-url="], ({ policy }) => policy.keys.rekorUrl, undefined],
    ["a key that begins with dashes", ["--public-key", publicKey], ({ policy }) => policy.keys.publicKey, publicKey],
    ["booleans without a value", ["--ignore-rekor"], ({ verification }) => verification.ignoreRekor, true],
    ["booleans in Go's spellings", ["--ignore-rekor=T"], ({ verification }) => verification.ignoreRekor, true],
    ["an empty boolean as false", ["--ignore-rekor="], ({ verification }) => verification.ignoreRekor, false],
    ["no limit of time", ["--timeout=0"], ({ run }) => run.timeoutMs, 0],
    ["a number of workers", ["--workers=7"], ({ run }) => run.workers, 7],
    ["one try", ["--retry-max-retry=0"], ({ registry }) => registry.retry.maxRetries, 0],
    [
      "platforms",
      ["--platforms=linux/amd64, linux/arm64/v8"],
      ({ registry }) => registry.platforms,
      ["linux/amd64", "linux/arm64/v8"],
    ],
    ["no platforms", ["--platforms=none"], ({ registry }) => registry.platforms, "none"],
    [
      "rule data, repeated and in CSV",
      ["--extra-rule-data=a=1,b=2", "--extra-rule-data", '"c=3,4"'],
      ({ policy }) => policy.extraRuleData,
      ["a=1", "b=2", "c=3,4"],
    ],
    ["an empty list", ["--extra-rule-data="], ({ policy }) => policy.extraRuleData, []],
    ["a date", ["--effective-time=2030-01-31"], ({ policy }) => policy.effectiveTime, "2030-01-31"],
    [
      "attestation time in any case",
      ["--effective-time=Attestation"],
      ({ policy }) => policy.effectiveTime,
      "Attestation",
    ],
    ["strictness from a variable that is not set", ["--strict="], ({ run }) => run.strict, true],
    ["ec-policy", ["--filter-type=ec-policy"], ({ policy }) => policy.filterType, "ec-policy"],
    ["a cache folder", ["--cache-dir=c"], ({ cache }) => cache.directory, "c"],
    ["no cache folder", ["--cache-dir=none"], ({ cache }) => cache.directory, undefined],
    [
      "several registries",
      ["--insecure-registry=a:5000", "--insecure-registry=[::1]:80"],
      ({ registry }) => registry.insecureRegistries,
      ["a:5000", "[::1]:80"],
    ],
    [
      "token services",
      ["--token-service=r.example=t.example,r.example:5000=t.example:8443", "--token-service=docker.io=[::1]:80"],
      ({ registry }) => registry.tokenServices,
      [
        { registry: "r.example", host: "t.example" },
        { registry: "r.example:5000", host: "t.example:8443" },
        { registry: "docker.io", host: "[::1]:80" },
      ],
    ],
    ["quiet", ["--quiet"], ({ logLevel }) => logLevel, "error"],
    ["debug", ["--debug"], ({ logLevel }) => logLevel, "debug"],
    ["no summaries wanted", ["--vsa=false", "--snapshot=", "--trace=none"], ({ snapshot }) => snapshot.image, "a:1"],
  ])("reads %s", (_, words, pick, expected) => {
    expect(pick(configure(words))).toEqual(expected);
  });

  it("takes outputs in CSV, repeated, and the deprecated output file after them", () => {
    const { output } = configure(["--output=text,yaml=a.yaml", "--output", "junit", "-o", "r.json"]);
    expect(output.targets.map(({ format, path }) => [format, path])).toEqual([
      ["text", undefined],
      ["yaml", "a.yaml"],
      ["junit", undefined],
      ["json", "r.json"],
    ]);
  });

  it("keeps identity options apart", () => {
    const { policy } = configure(["--certificate-identity-regexp=^a$", "--certificate-oidc-issuer=https://i"]);
    expect(policy.keys).toEqual({ certificateIdentityRegExp: "^a$", certificateOidcIssuer: "https://i" });
  });

  it("finds flags before the command's words", () => {
    const command = parseCommandLine(
      ["--verbose", "--timeout", "10s", "validate", "--strict=false", "image", "-i", "x"],
      {},
    );
    expect(command).toMatchObject({
      kind: "validate-image",
      configuration: { logLevel: "debug", run: { timeoutMs: 10_000, strict: false }, snapshot: { image: "x" } },
    });
  });
});

describe("environment", () => {
  it.each<[string, Environment, (configuration: ValidateImageConfiguration) => unknown, unknown]>([
    ["NO_COLOR", { NO_COLOR: "1", FORCE_COLOR: "1" }, ({ output }) => output.color, "never"],
    ["an empty NO_COLOR", { NO_COLOR: "" }, ({ output }) => output.color, "auto"],
    ["EC_FORCE_COLOUR", { EC_FORCE_COLOUR: "1" }, ({ output }) => output.color, "always"],
    ["IMAGE_INDEX_WORKERS", { IMAGE_INDEX_WORKERS: "9" }, ({ registry }) => registry.indexWorkers, 9],
    ["too many index workers", { IMAGE_INDEX_WORKERS: "9999" }, ({ registry }) => registry.indexWorkers, 64],
    ["index workers without a bound", { IMAGE_INDEX_WORKERS: "-1" }, ({ registry }) => registry.indexWorkers, 64],
    ["index workers that are no number", { IMAGE_INDEX_WORKERS: "x" }, ({ registry }) => registry.indexWorkers, 5],
    [
      "COSIGN_MAX_ATTACHMENT_SIZE",
      { COSIGN_MAX_ATTACHMENT_SIZE: "1MiB" },
      ({ verification }) => verification.maxAttachmentBytes,
      1_048_576,
    ],
    ["XDG_CACHE_HOME", { XDG_CACHE_HOME: "/x", HOME: "/h" }, ({ cache }) => cache.directory, join("/x", "sealcheck")],
    ["no home", {}, ({ cache }) => cache.directory, undefined],
    [
      "TUF and Sigstore files",
      {
        TUF_MIRROR: "https://m",
        TUF_ROOT_JSON: "r.json",
        TUF_ROOT: "/t",
        SIGSTORE_NO_CACHE: "true",
        SIGSTORE_ROOT_FILE: "a",
        SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: "b",
        SIGSTORE_REKOR_PUBLIC_KEY: "c",
        SIGSTORE_TSA_CERTIFICATE_FILE: "d",
      },
      ({ trust }) => trust,
      {
        tufMirror: "https://m",
        tufRootJson: "r.json",
        tufCacheDirectory: "/t",
        noTufCache: true,
        fulcioRootFile: "a",
        ctLogPublicKeyFile: "b",
        rekorPublicKeyFile: "c",
        tsaCertificateFile: "d",
      },
    ],
    ["what ec no longer reads", { EC_CACHE: "false", EC_USE_OPA: "1", EC_DEBUG: "1" }, ({ run }) => run.strict, true],
  ])("reads %s", (_, env, pick, expected) => {
    expect(pick(configure([], env))).toEqual(expected);
  });
});

describe("problems", () => {
  it("are reported all at once", () => {
    const problems = problemsOf([
      "validate",
      "image",
      "--imags=x",
      "--workers=-1",
      "--timeout=1d",
      "--output=foo",
      "--vsa",
    ]);
    expect(problems.map(({ subject }) => subject)).toEqual([
      "--imags",
      "--vsa",
      "--image",
      "--workers",
      "--timeout",
      "--output=foo",
    ]);
  });

  it.each<[string, readonly string[], RegExp, Environment?]>([
    ["an unknown flag, with the nearest name", ["--polcy=x"], /^--polcy: .*did you mean --policy\?$/],
    ["an unknown flag that is like none", ["--zzzz"], /^--zzzz: .*--help lists the flags$/],
    ["an unknown short flag", ["-z"], /^-z: this flag is not known/],
    ["a stray boolean", ["--strict", "false"], /^"false": .*: --strict=false$/],
    ["a stray word", ["extra"], /^"extra": .*--flag=value$/],
    ["a stray word after --", ["--", "--strict"], /^"--strict": this argument belongs to no flag/],
    ["a flag without its value", ["--policy"], /^--policy: expected a value, got nothing/],
    ["a flag instead of a value", ["--policy", "--strict"], /^--policy: expected a value, got nothing/],
    [
      "a filter type that is none",
      ["--filter-type=typo"],
      /^--filter-type: expected one of include-exclude, ec-policy, got "typo"$/,
    ],
    [
      "an empty policy",
      ["--policy="],
      /^--policy: expected a file, an address or a text, got nothing; leave the flag out/,
    ],
    ["a boolean that is none", ["--strict=maybe"], /^--strict: expected true or false, got "maybe"/],
    ["negative workers", ["--workers=-1"], /^--workers: expected auto or a whole number from 1 to 256, got "-1"$/],
    ["more workers than the bound", ["--workers=257"], /^--workers: /],
    ["no index workers", [], /^IMAGE_INDEX_WORKERS: expected a number from 1, got 0/, { IMAGE_INDEX_WORKERS: "0" }],
    ["an attachment size", [], /^COSIGN_MAX_ATTACHMENT_SIZE: /, { COSIGN_MAX_ATTACHMENT_SIZE: "big" }],
    ["days", ["--timeout=1d"], /^--timeout: expected a duration such as .*, got "1d"/],
    ["a negative retry", ["--retry-max-retry=-1"], /^--retry-max-retry: expected a whole number/],
    ["a jitter above 1", ["--retry-jitter=1.1"], /^--retry-jitter: expected a number from 0 to 1/],
    ["a size", ["--cache-max-size=lots"], /^--cache-max-size: expected a size/],
    ["a platform", ["--platforms=linux"], /^--platforms: .*got the entry "linux"$/],
    [
      "a platform of another name",
      ["--platforms=linux/aarch64"],
      /^--platforms: expected linux\/arm64, .*"linux\/aarch64"$/,
    ],
    ["a pull policy", ["--pull=never"], /^--pull: expected one of if-newer, always, if-missing/],
    ["pulling offline", ["--offline", "--pull=always"], /^--pull: always asks the registry, and --offline asks none/],
    [
      "a root and a mirror",
      ["--trusted-root=a", "--tuf-mirror=https://m"],
      /^--tuf-mirror: --trusted-root is given too/,
    ],
    ["quiet and verbose", ["--quiet", "--verbose"], /^--quiet: --verbose or --debug is given too/],
    ["two outputs to one file", ["--output=json=a,yaml=a"], /^--output: two outputs go to the file "a"/],
    ["an unknown format", ["--output=xml"], /^--output=xml: expected one of json, yaml/],
    ["rule data without =", ["--extra-rule-data=a=1,b"], /incorrect syntax.*got "b" \(entry 1, counted from 0\)/],
    ["quotes that do not match", ['--extra-rule-data="a'], /^--extra-rule-data: .*whose quotes do not match/],
    ["an effective time", ["--effective-time=tomorrow"], /^--effective-time: expected now, attestation/],
    ["a registry with a scheme", ["--insecure-registry=http://a"], /^--insecure-registry: expected HOST/],
    ["a token service of nobody", ["--token-service=a.example"], /^--token-service: expected REGISTRY=HOST/],
    ["a token service with a scheme", ["--token-service=a=https://b"], /^--token-service: expected REGISTRY=HOST/],
    ["a token service with a path", ["--token-service=a=b/token"], /^--token-service: .*got "a=b\/token"/],
    ["two token services in one", ["--token-service=a=b=c"], /^--token-service: expected REGISTRY=HOST/],
    ["a Rekor that is no address", ["--rekor-url=rekor"], /^--rekor-url: expected an address/],
    ["a Kubernetes snapshot", ["--snapshot=ns/name"], /^--snapshot: .*not supported yet; .*--images$/],
    ["a kubeconfig", ["--kubeconfig", "x"], /^--kubeconfig: .*not supported yet/],
    ["summaries", ["--vsa"], /^--vsa: .*not supported yet/],
    [
      "a private key",
      ["--public-key=-----BEGIN PRIVATE KEY-----\nc2VjcmV0"],
      /^--public-key: .*private key(?!.*c2VjcmV0)/,
    ],
    [
      "a broken key",
      ["--public-key=-----BEGIN PUBLIC KEY-----\nabc"],
      /^--public-key: expected a whole PEM public key/,
    ],
    [
      "a key with \\n in it",
      [`--public-key=${publicKey.replaceAll("\n", "\\n")}`],
      /^--public-key: .*two characters \\n/,
    ],
    ["a certificate", ["--public-key=-----BEGIN CERTIFICATE-----\n"], /^--public-key: .*certificate/],
    ["a key of a cloud", ["--public-key=awskms://alias/x"], /^--public-key: keys of awskms:\/\/ are not supported/],
    ["a key of several lines", ["--public-key=a\nb"], /^--public-key: .*several lines/],
  ])("refuse %s", (_, words, message, env = {}) => {
    const problems = imageProblems(words, env);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
  });

  it("say that nothing is to be validated", () => {
    expect(problemsOf(["validate", "image"])).toEqual([
      {
        subject: "--image",
        message: "expected an image or a snapshot to validate, got neither; pass --image=REF or --images=FILE",
      },
    ]);
  });

  it("echo at most a bounded part of what came", () => {
    const [problem = ""] = imageProblems([`--timeout=${"x".repeat(10_000)}`]);
    expect(problem.length).toBeLessThan(300);
  });
});

describe("other commands", () => {
  it.each<[string, readonly string[], object]>([
    [
      "demo",
      ["demo", "--no-color"],
      { kind: "demo", configuration: { color: "never", workers: "auto", logLevel: "warning" } },
    ],
    ["task validate", ["task", "validate"], { kind: "task", configuration: { step: "validate", logLevel: "warning" } }],
    [
      "task assert",
      ["task", "assert", "--quiet"],
      { kind: "task", configuration: { step: "assert", logLevel: "error" } },
    ],
    [
      "test",
      ["test", "a", "-v", "-r", "x", "b"],
      {
        kind: "test",
        configuration: {
          paths: ["a", "b"],
          verbose: true,
          run: "x",
          format: "pretty",
          coverage: false,
          timeoutMs: 30_000,
          color: "auto",
          logLevel: "debug",
        },
      },
    ],
    ["test with coverage", ["test", "-c", "a"], { kind: "test", configuration: { coverage: true } }],
    ["test in another format", ["test", "--format=junit", "a"], { kind: "test", configuration: { format: "junit" } }],
    [
      "registry",
      ["registry", "--dir=d", "--port=0"],
      {
        kind: "registry",
        configuration: {
          directory: "d",
          host: "127.0.0.1",
          port: 0,
          platforms: "all",
          acceptMissingBlobs: false,
          maxBlobBytes: 2 ** 31,
          logLevel: "warning",
        },
      },
    ],
    [
      "registry with sparse indexes",
      ["registry", "--platforms=linux/amd64,linux/arm64/v8", "--max-blob-size=10GiB"],
      {
        kind: "registry",
        configuration: { platforms: ["linux/amd64", "linux/arm64/v8"], maxBlobBytes: 10 * 2 ** 30 },
      },
    ],
    [
      "cache prune",
      ["cache", "prune", "--cache-dir=c", "--cache-max-size=1KiB"],
      {
        kind: "cache",
        configuration: { action: "prune", directory: "c", maxBytes: 1024, logLevel: "warning" },
      },
    ],
    ["version", ["version"], { kind: "version" }],
    ["--version", ["--version"], { kind: "version" }],
  ])("reads %s", (_, argv, expected) => {
    expect(parseCommandLine(argv, {})).toMatchObject(expected);
  });

  it.each<[string, readonly string[], RegExp]>([
    ["a misspelt command", ["validate", "imgae"], /got "validate imgae"; did you mean "validate image"\?/],
    ["half a command", ["cache"], /got "cache"; did you mean "cache info"\?/],
    ["a command of ec that is not here", ["inspect", "policy"], /got "inspect"$/],
    ["flags without a command", ["--strict"], /got none$/],
    ["tests without paths", ["test"], /^expected files or folders with Rego tests, got none/],
    ["a test format", ["test", "a", "--format=xml"], /^expected one of pretty, json, junit, got "xml"/],
    ["a port", ["registry", "--port=70000"], /^expected a port from 0 to 65535, got 70000/],
    [
      "a platform of the registry",
      ["registry", "--platforms=linux"],
      /^expected all, none or a list.*got the entry "linux"$/,
    ],
    ["a cache without a folder", ["cache", "info"], /^expected a folder, the environment names no home/],
    ["words after version", ["version", "x"], /belongs to no flag/],
  ])("refuses %s", (_, argv, message) => {
    const problems = problemsOf(argv);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toMatch(message);
  });
});

describe("help", () => {
  function helpOf(argv: readonly string[]): Extract<Command, { kind: "help" }> {
    const command = parseCommandLine(argv, {});
    if (command.kind !== "help") {
      throw new Error(`got ${command.kind}`);
    }
    return command;
  }

  it.each<[string, readonly string[], string | undefined]>([
    ["nothing", [], undefined],
    ["--help", ["--help"], undefined],
    ["help", ["help"], undefined],
    ["help of a command", ["help", "validate", "image"], "validate image"],
    ["--help after a command, whatever else is wrong", ["validate", "image", "--nope", "-h"], "validate image"],
  ])("answers %s", (_, argv, topic) => {
    expect(helpOf(argv).topic).toBe(topic);
  });

  it.each([[["--help"]], [["validate", "image", "--help"]], [["test", "--help"]], [["registry", "--help"]]])(
    "of %j has no line above 100 columns",
    (argv) => {
      const lines = helpOf(argv).text.split("\n");
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    },
  );

  it("shows flags with their short names, values and defaults, and no unsupported ones", () => {
    const { text } = helpOf(["validate", "image", "--help"]);
    expect(text).toContain("  -k, --public-key FILE|URL|PEM\n");
    expect(text).toContain(
      "  --component-timeout TIME\n        For one component, which then could not be decided; 0 is no limit. Default: 10m.\n",
    );
    expect(text).not.toContain("--vsa");
  });

  it("refuses an unknown topic", () => {
    expect(problemsOf(["help", "x"])).toHaveLength(1);
  });
});
