import type { Environment, RegistrySlice, RequiredPlatforms } from "./configuration.ts";
import { firstSet } from "./environment.ts";
import { quote } from "./flag-parser.ts";
import type { FlagReader } from "./flag-reader.ts";

const defaultIndexWorkers = 5;
const maxIndexWorkers = 64;
/** `HOST` or `HOST:PORT`. */
const hostPattern = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?$/;

/** How registries are asked. */
export function readRegistrySlice(flags: FlagReader, env: Environment): RegistrySlice {
  const pull = flags.choice("pull", ["if-newer", "always", "if-missing"]);
  const offline = flags.boolean("offline");
  if (offline && pull === "always") {
    flags.refuse("--pull", "always asks the registry, and --offline asks none; leave one of them out");
  }
  const insecureRegistries = flags.list("insecure-registry");
  for (const host of insecureRegistries) {
    if (!hostPattern.test(host)) {
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
    tokenServices: readTokenServices(flags),
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

/** `--token-service`: whom a registry's credentials may be sent to besides itself. */
function readTokenServices(flags: FlagReader): RegistrySlice["tokenServices"] {
  return flags.list("token-service").flatMap((entry) => {
    const [registry = "", host = "", ...rest] = entry.split("=");
    if (hostPattern.test(registry) && hostPattern.test(host) && rest.length === 0) return { registry, host };
    flags.refuse(
      "--token-service",
      `expected REGISTRY=HOST, each a host with or without a port, such as registry.example.com=login.example.net, got ${quote(entry)}`,
    );
    return [];
  });
}

/** What others call architectures of image indexes (GOARCH): no index lists these names, so that they would require nothing. */
const otherNames: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
  armhf: "arm/v7",
  armv7l: "arm/v7",
  armel: "arm/v6",
  i386: "386",
  i686: "386",
};

/** `--platforms`: all, none or a list. */
export function readPlatforms(flags: FlagReader): RequiredPlatforms {
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
    const [os = "", architecture = ""] = platform.split("/");
    if (Object.hasOwn(otherNames, architecture)) {
      const known = `${os}/${otherNames[architecture]}`;
      flags.refuse("--platforms", `expected ${known}, as image indexes name it, got ${quote(platform)}`);
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
