import type { ComponentSource } from "./component.ts";
import type { Json, JsonObject } from "./json.ts";

/** Known keys of a result's metadata; rules may add more. */
export interface ResultMetadata {
  [key: string]: Json | undefined;
  code?: string;
  term?: string | readonly string[];
  effective_on?: string;
  severity?: string;
  collections?: readonly string[];
  title?: string;
  description?: string;
  solution?: string;
  depends_on?: readonly string[];
}

/** One violation, warning or success. */
export interface RuleResult {
  msg: string;
  metadata?: ResultMetadata;
}

/** A verified signature, as the report and the policy input show it (PARITY 4.8). */
export interface SignatureEntry {
  keyid: string;
  sig: string;
  /** PEM. */
  certificate?: string;
  /** PEM, leaf's issuer first. */
  chain?: readonly string[];
  metadata?: Readonly<Record<string, string>>;
}

/** A verified attestation, as the report shows it. */
export interface AttestationEntry {
  type: string;
  predicateType: string;
  predicateBuildType?: string;
  signatures: readonly SignatureEntry[];
}

/** Why a component could not be decided: neither a pass nor a violation. */
export interface ComponentError {
  code: string;
  message: string;
  subject?: string;
}

/** Evidence that was found and not accepted, with the reason (docs/differences, 28). */
export interface RefusedEvidence {
  kind: "signature" | "attestation";
  /** Where it was found: a tag reference or a referrer's pinned reference. */
  location: string;
  reason: string;
}

export interface ComponentReport {
  name: string;
  /** Pinned reference; as given where it could not be resolved. */
  containerImage: string;
  source: ComponentSource;
  violations: readonly RuleResult[];
  warnings: readonly RuleResult[];
  successes: readonly RuleResult[];
  success: boolean;
  signatures: readonly SignatureEntry[];
  attestations: readonly AttestationEntry[];
  refused: readonly RefusedEvidence[];
  /** Checks that an option switched off, by result code. */
  skipped: readonly string[];
  /** Results that an exclusion removed; shown with `--info`. */
  excluded: readonly RuleResult[];
  error?: ComponentError;
  /** The in-toto statements behind `attestations`; only kept where an output asks for them. */
  statements: readonly JsonObject[];
  /** The policy input's JSON text; only kept where an output asks for it. */
  policyInput?: string;
}

/** Requests, bytes and waits of one registry during a run. */
export interface RegistryStatistics {
  requests: number;
  retries: number;
  bytesReceived: number;
  /** Milliseconds spent waiting because the registry asked to (429, Retry-After). */
  throttledMs: number;
  cacheHits: number;
}

export interface Report {
  success: boolean;
  /** The raw value of `--snapshot`, if given. */
  snapshot?: string;
  components: readonly ComponentReport[];
  /** PEM of the key that verified, `""` when keyless. */
  key: string;
  /** The effective policy specification: pinned sources, injected rule data. */
  policy: JsonObject;
  version: string;
  /** RFC 3339, UTC, nanoseconds without trailing zeros. */
  effectiveTime: string;
  /** When the report was made, milliseconds since 1970. */
  createdAtMs: number;
  statistics: Readonly<Record<string, RegistryStatistics>>;
  /** What a reader must know about the run as a whole: questions not asked, tags that moved. */
  notes: readonly string[];
}
