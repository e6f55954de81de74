import type {
  CacheSlice,
  Environment,
  KeyOptions,
  LogLevel,
  OutputSlice,
  PolicySlice,
  RegistrySlice,
  RequiredPlatforms,
  RunSlice,
  SnapshotSlice,
  TrustSlice,
  ValidateImageConfiguration,
  VerificationSlice,
} from "./configuration.ts";
import { chooseColor, defaultCacheDirectory, firstSet } from "./environment.ts";
import { quote } from "./flag-parser.ts";
import type { FlagReader } from "./flag-reader.ts";
import { type OutputTarget, OutputTargetError, parseOutputTarget, type ReportOptions } from "./output-target.ts";
import { findPublicKeyFault } from "./public-key.ts";
import { parseBoolean, parseSize } from "./values.ts";

const maxWorkers = 256;
const defaultIndexWorkers = 5;
const maxIndexWorkers = 64;
const defaultAttachmentBytes = 128 * 2 ** 20;

/** Builds the configuration; what is wrong ends up in the reader's problems. */
export function readValidateImage(flags: FlagReader, env: Environment): ValidateImageConfiguration {
  return {
    snapshot: readSnapshotSlice(flags),
    policy: readPolicySlice(flags),
    verification: readVerificationSlice(flags, env),
    trust: readTrustSlice(flags, env),
    registry: readRegistrySlice(flags, env),
    cache: readCacheSlice(flags, env),
    run: readRunSlice(flags),
    output: readOutputSlice(flags, env),
    logLevel: readLogLevel(flags),
  };
}

/** The entries that are there. */
type Present<Slice> = { [Key in keyof Slice]?: Exclude<Slice[Key], undefined> };

function present<Slice extends Record<string, string | undefined>>(slice: Slice): Present<Slice> {
  return Object.fromEntries(Object.entries(slice).filter(([, value]) => value !== undefined)) as Present<Slice>;
}

function readSnapshotSlice(flags: FlagReader): SnapshotSlice {
  const sources = present({
    image: flags.text("image"),
    images: flags.text("images"),
    filePath: flags.text("file-path"),
    jsonInput: flags.text("json-input"),
  });
  if (Object.keys(sources).length === 0) {
    flags.refuse(
      "--image",
      "expected an image or a snapshot to validate, got neither; pass --image=REF or --images=FILE",
    );
  }
  return { ...sources, allowEmpty: flags.boolean("allow-empty") };
}

function readPolicySlice(flags: FlagReader): PolicySlice {
  const effectiveTime = flags.text("effective-time") ?? "now";
  if (!/^(?:now|attestation|\d{4}-\d{2}-\d{2}(?:[Tt].+)?)$/i.test(effectiveTime)) {
    flags.refuse(
      "--effective-time",
      `expected now, attestation, a time (2026-01-31T00:00:00Z) or a date (2026-01-31), got ${quote(effectiveTime)}`,
    );
  }
  const extraRuleData = flags.list("extra-rule-data");
  for (const [position, entry] of extraRuleData.entries()) {
    if (!entry.includes("=")) {
      flags.refuse(
        "--extra-rule-data",
        `incorrect syntax: expected KEY=VALUE, got ${quote(entry)} (entry ${position}, counted from 0); ` +
          "put an entry with a comma in double quotes",
      );
    }
  }
  return {
    policy: flags.text("policy") ?? "",
    keys: readKeyOptions(flags),
    effectiveTime,
    allowPastEffectiveTime: flags.boolean("allow-past-effective-time"),
    extraRuleData,
    // Any other value behaves as the default, as it does with ec.
    filterType: flags.text("filter-type") === "ec-policy" ? "ec-policy" : "include-exclude",
    info: flags.boolean("info"),
  };
}

function readKeyOptions(flags: FlagReader): KeyOptions {
  const publicKey = flags.text("public-key");
  const fault = publicKey === undefined ? undefined : findPublicKeyFault(publicKey);
  if (fault !== undefined) {
    flags.refuse("--public-key", fault);
  }
  return present({
    publicKey,
    rekorUrl: readUrl(flags, "rekor-url"),
    certificateIdentity: flags.text("certificate-identity"),
    certificateIdentityRegExp: flags.text("certificate-identity-regexp"),
    certificateOidcIssuer: flags.text("certificate-oidc-issuer"),
    certificateOidcIssuerRegExp: flags.text("certificate-oidc-issuer-regexp"),
  });
}

function readUrl(flags: FlagReader, name: string): string | undefined {
  const text = flags.text(name);
  if (text !== undefined && !/^https?:\/\/[^/\s]+/i.test(text)) {
    flags.refuse(`--${name}`, `expected an address such as https://host.example, got ${quote(text)}`);
  }
  return text;
}

function readVerificationSlice(flags: FlagReader, env: Environment): VerificationSlice {
  const sizeText = firstSet(env, "COSIGN_MAX_ATTACHMENT_SIZE");
  const maxAttachmentBytes = sizeText === undefined ? defaultAttachmentBytes : parseSize(sizeText);
  if (maxAttachmentBytes === undefined || maxAttachmentBytes === 0) {
    flags.refuse("COSIGN_MAX_ATTACHMENT_SIZE", `expected a size such as 128MiB, got ${quote(sizeText ?? "")}`);
  }
  return {
    ignoreRekor: flags.boolean("ignore-rekor"),
    skipImageSignatureCheck: flags.boolean("skip-image-sig-check"),
    skipAttestationSignatureCheck: flags.boolean("skip-att-sig-check"),
    attestationAsSignature: flags.boolean("attestation-as-signature"),
    maxAttachmentBytes: maxAttachmentBytes ?? defaultAttachmentBytes,
  };
}

function readTrustSlice(flags: FlagReader, env: Environment): TrustSlice {
  if (flags.text("trusted-root") !== undefined && flags.text("tuf-mirror") !== undefined) {
    flags.refuse("--tuf-mirror", "--trusted-root is given too, and with it no mirror is asked; keep one of them");
  }
  return {
    ...present({
      trustedRootFile: flags.text("trusted-root"),
      tufMirror: readUrl(flags, "tuf-mirror") ?? firstSet(env, "TUF_MIRROR"),
      tufRootJson: firstSet(env, "TUF_ROOT_JSON"),
      tufCacheDirectory: firstSet(env, "TUF_ROOT"),
      fulcioRootFile: firstSet(env, "SIGSTORE_ROOT_FILE"),
      ctLogPublicKeyFile: firstSet(env, "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE"),
      rekorPublicKeyFile: firstSet(env, "SIGSTORE_REKOR_PUBLIC_KEY"),
      tsaCertificateFile: firstSet(env, "SIGSTORE_TSA_CERTIFICATE_FILE"),
    }),
    noTufCache: parseBoolean(firstSet(env, "SIGSTORE_NO_CACHE") ?? "false") ?? true,
  };
}

function readRegistrySlice(flags: FlagReader, env: Environment): RegistrySlice {
  const pull = flags.choice("pull", ["if-newer", "always", "if-missing"]);
  const offline = flags.boolean("offline");
  if (offline && pull === "always") {
    flags.refuse("--pull", "always asks the registry, and --offline asks none; leave one of them out");
  }
  const insecureRegistries = flags.list("insecure-registry");
  for (const host of insecureRegistries) {
    if (!/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?$/.test(host)) {
      flags.refuse("--insecure-registry", `expected HOST or HOST:PORT without a scheme or a path, got ${quote(host)}`);
    }
  }
  const jitter = flags.decimal("retry-jitter");
  if (jitter > 1) {
    flags.refuse("--retry-jitter", `expected a number from 0 to 1, got ${jitter}`);
  }
  return {
    pull,
    offline,
    insecureRegistries,
    platforms: readPlatforms(flags),
    indexWorkers: readIndexWorkers(flags, env),
    retry: {
      maxRetries: flags.count("retry-max-retry"),
      initialWaitMs: flags.durationMs("retry-duration"),
      maxWaitMs: flags.durationMs("retry-max-wait"),
      factor: flags.decimal("retry-factor"),
      jitter,
    },
  };
}

function readPlatforms(flags: FlagReader): RequiredPlatforms {
  const text = flags.text("platforms") ?? "all";
  if (text === "all" || text === "none") {
    return text;
  }
  const platforms = text.split(",").map((entry) => entry.trim());
  for (const platform of platforms) {
    if (!/^[a-z0-9_.-]+\/[a-z0-9_.-]+(?:\/[a-z0-9_.-]+)?$/.test(platform)) {
      flags.refuse(
        "--platforms",
        `expected all, none or a list such as linux/amd64,linux/arm64/v8, got the entry ${quote(platform)}`,
      );
    }
  }
  return platforms;
}

/** As `ec` reads it: what is no number counts as not set, a negative number is no bound (but ours). */
function readIndexWorkers(flags: FlagReader, env: Environment): number {
  const text = firstSet(env, "IMAGE_INDEX_WORKERS");
  if (text === undefined || !/^[+-]?\d+$/.test(text)) {
    return defaultIndexWorkers;
  }
  const workers = Number(text);
  if (workers === 0) {
    flags.refuse("IMAGE_INDEX_WORKERS", "expected a number from 1, got 0; unset it for the default, 5");
  }
  return workers < 0 ? maxIndexWorkers : Math.min(Math.max(workers, 1), maxIndexWorkers);
}

/** The folder that `--cache-dir` names, and its bound. */
export function readCacheSlice(flags: FlagReader, env: Environment): CacheSlice {
  const given = flags.text("cache-dir");
  const directory = given === "none" ? undefined : (given ?? defaultCacheDirectory(env));
  return { ...present({ directory }), maxBytes: flags.size("cache-max-size") };
}

function readRunSlice(flags: FlagReader): RunSlice {
  return {
    workers: readWorkers(flags),
    timeoutMs: flags.durationMs("timeout"),
    componentTimeoutMs: flags.durationMs("component-timeout"),
    strict: flags.boolean("strict"),
  };
}

export function readWorkers(flags: FlagReader): number | "auto" {
  const text = flags.text("workers") ?? "auto";
  const workers = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (text === "auto") {
    return "auto";
  }
  if (!(workers >= 1 && workers <= maxWorkers)) {
    flags.refuse("--workers", `expected auto or a whole number from 1 to ${maxWorkers}, got ${quote(text)}`);
    return "auto";
  }
  return workers;
}

function readOutputSlice(flags: FlagReader, env: Environment): OutputSlice {
  const options: ReportOptions = {
    showSuccesses: flags.boolean("show-successes"),
    showWarnings: flags.boolean("show-warnings"),
    showPolicyDocsLink: flags.boolean("show-policy-docs-link"),
  };
  const outputFile = flags.text("output-file");
  const texts = [...flags.list("output"), ...(outputFile === undefined ? [] : [`json=${outputFile}`])];
  const targets = (texts.length === 0 ? ["text"] : texts).flatMap((text) => readTarget(flags, text, options));
  const color = chooseColor(env, { color: flags.boolean("color"), noColor: flags.boolean("no-color") });
  refuseSharedPaths(flags, targets);
  return { ...options, targets, color };
}

function readTarget(flags: FlagReader, text: string, options: ReportOptions): readonly OutputTarget[] {
  try {
    return [parseOutputTarget(text, options)];
  } catch (error) {
    if (!(error instanceof OutputTargetError)) {
      throw error;
    }
    flags.refuse(`--output=${text.slice(0, 80)}`, error.message);
    return [];
  }
}

function refuseSharedPaths(flags: FlagReader, targets: readonly OutputTarget[]): void {
  const seen = new Set<string>();
  for (const { path } of targets) {
    if (path !== undefined && seen.has(path)) {
      flags.refuse("--output", `two outputs go to the file ${quote(path)}, and one would overwrite the other`);
    }
    seen.add(path ?? "");
  }
}

export function readLogLevel(flags: FlagReader): LogLevel {
  const detailed = flags.boolean("verbose") || flags.boolean("debug");
  if (!flags.boolean("quiet")) {
    return detailed ? "debug" : "warning";
  }
  if (detailed) {
    flags.refuse("--quiet", "--verbose or --debug is given too; keep one of them");
  }
  return "error";
}
