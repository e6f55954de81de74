import type {
  CacheSlice,
  Environment,
  KeyOptions,
  LogLevel,
  PolicySlice,
  RunSlice,
  SnapshotSlice,
  ValidateImageConfiguration,
} from "./configuration.ts";
import { defaultCacheDirectory } from "./environment.ts";
import { quote } from "./flag-parser.ts";
import type { FlagReader } from "./flag-reader.ts";
import { readOutputSlice } from "./output-slice.ts";
import { present } from "./present.ts";
import { findPublicKeyFault } from "./public-key.ts";
import { readRegistrySlice } from "./registry-slice.ts";
import { readTrustSlice, readUrl, readVerificationSlice } from "./trust-slice.ts";

const maxWorkers = 256;

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
  if (flags.isEmpty("policy")) {
    flags.refuse(
      "--policy",
      "expected a file, an address or a text, got nothing; leave the flag out to make the built-in checks alone",
    );
  }
  return {
    policy: flags.text("policy") ?? "",
    keys: readKeyOptions(flags),
    effectiveTime,
    allowPastEffectiveTime: flags.boolean("allow-past-effective-time"),
    extraRuleData,
    filterType: flags.choice("filter-type", ["include-exclude", "ec-policy"]),
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
