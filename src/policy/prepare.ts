import type { JsonObject } from "../types/index.ts";
import type { FetchedPolicy } from "./fetch-sources.ts";
import type { PolicySpec } from "./spec.ts";

/** The values that `ec.sigstore.*` calls get from policies by default (`data.config.default_sigstore_opts`). */
export interface DefaultSigstoreOptions {
  certificate_identity: string;
  certificate_identity_regexp: string;
  certificate_oidc_issuer: string;
  certificate_oidc_issuer_regexp: string;
  ignore_rekor: boolean;
  /** PEM, or empty. */
  public_key: string;
  rekor_url: string;
}

export interface PrepareOptions {
  /** When rules count as effective, nanoseconds since 1970. Components may be evaluated at another time. */
  effectiveTimeNs: bigint;
  sigstore: DefaultSigstoreOptions;
  /** `ec-policy` adds the filter by pipeline intention. */
  filterType: "include-exclude" | "ec-policy";
}

/** A compiled policy as plain data, to be handed to workers. */
export interface PreparedPolicy {
  readonly groups: readonly JsonObject[];
  /** What a reader of the report must know: a policy without sources, for example. */
  readonly notes: readonly string[];
}

/** Compiles a policy once. */
export function preparePolicy(fetched: FetchedPolicy, spec: PolicySpec, options: PrepareOptions): PreparedPolicy {
  throw new Error(`not yet ${fetched.groups.length} ${spec.name} ${options.filterType}`);
}
