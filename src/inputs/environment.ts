import { join } from "node:path";
import type { ColorChoice, Environment } from "./configuration.ts";

/** The first of the variables that is set and not empty. */
export function firstSet(env: Environment, ...names: readonly string[]): string | undefined {
  return names.map((name) => env[name]).find((value) => value !== undefined && value !== "");
}

/** Colour as flags and environment have it (PARITY 1.5): what switches it off wins. */
export function chooseColor(env: Environment, flags: { color: boolean; noColor: boolean }): ColorChoice {
  if (flags.noColor || firstSet(env, "EC_NO_COLOR", "EC_NO_COLOUR", "NO_COLOR", "NO_COLOUR") !== undefined) {
    return "never";
  }
  const forced = firstSet(env, "EC_FORCE_COLOR", "EC_FORCE_COLOUR", "FORCE_COLOR", "FORCE_COLOUR");
  return flags.color || forced !== undefined ? "always" : "auto";
}

/** The user's cache folder for this program; undefined where the environment names no home. */
export function defaultCacheDirectory(env: Environment): string | undefined {
  const base = firstSet(env, "XDG_CACHE_HOME", "LOCALAPPDATA");
  const home = firstSet(env, "HOME", "USERPROFILE");
  if (base !== undefined) {
    return join(base, "sealcheck");
  }
  return home === undefined ? undefined : join(home, ".cache", "sealcheck");
}
