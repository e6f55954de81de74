import type { OutputTarget, ReportOptions } from "./output-target.ts";

/** Where the components come from (PARITY 2.1); at least one of the four sources is given. */
export interface SnapshotSlice {
  readonly image?: string;
  /** A path, or the JSON or YAML text itself. */
  readonly images?: string;
  readonly filePath?: string;
  readonly jsonInput?: string;
  /** Whether a snapshot without components passes (as SKIPPED) instead of being refused. */
  readonly allowEmpty: boolean;
}

/** The options that choose keys and identities (PARITY 3.4); what is absent or empty was not given. */
export interface KeyOptions {
  /** PEM text or a key reference. */
  readonly publicKey?: string;
  readonly rekorUrl?: string;
  readonly certificateIdentity?: string;
  readonly certificateIdentityRegExp?: string;
  readonly certificateOidcIssuer?: string;
  readonly certificateOidcIssuerRegExp?: string;
}

export interface PolicySlice {
  /** The value of `--policy`, unresolved (PARITY 3.1); `""` is the empty policy. */
  readonly policy: string;
  readonly keys: KeyOptions;
  /** `now`, `attestation`, an RFC 3339 time or a date; only its form is checked here. */
  readonly effectiveTime: string;
  readonly allowPastEffectiveTime: boolean;
  /** Entries `key=value` (PARITY 3.8). */
  readonly extraRuleData: readonly string[];
  readonly filterType: "include-exclude" | "ec-policy";
  /** Keep all metadata of results, and list what exclusions removed. */
  readonly info: boolean;
}

export interface VerificationSlice {
  readonly ignoreRekor: boolean;
  readonly skipImageSignatureCheck: boolean;
  readonly skipAttestationSignatureCheck: boolean;
  /** A verified attestation counts as the image's signature, as `ec` has it with bundles. */
  readonly attestationAsSignature: boolean;
  /** Bytes of one signature or attestation layer (`COSIGN_MAX_ATTACHMENT_SIZE`). */
  readonly maxAttachmentBytes: number;
}

/** Trust material, as paths and addresses; what is absent comes from the public-good instance by TUF. */
export interface TrustSlice {
  /** A `trusted_root.json`; with it TUF is not asked. */
  readonly trustedRootFile?: string;
  readonly tufMirror?: string;
  /** Path or address of the mirror's initial `root.json` (`TUF_ROOT_JSON`). */
  readonly tufRootJson?: string;
  /** Folder of TUF's metadata (`TUF_ROOT`). */
  readonly tufCacheDirectory?: string;
  readonly noTufCache: boolean;
  /** The `SIGSTORE_*` overrides, merged into the trusted root. */
  readonly fulcioRootFile?: string;
  readonly ctLogPublicKeyFile?: string;
  readonly rekorPublicKeyFile?: string;
  readonly tsaCertificateFile?: string;
}

export interface RetryOptions {
  /** Tries after the first; 0 means one try. */
  readonly maxRetries: number;
  readonly initialWaitMs: number;
  readonly maxWaitMs: number;
  readonly factor: number;
  /** Part of the wait that is random, 0 to 1. */
  readonly jitter: number;
}

export type PullPolicy = "if-newer" | "always" | "if-missing";

/** Which children of an image index must be in the registry: every one, none, or those of `os/arch[/variant]`. */
export type RequiredPlatforms = "all" | "none" | readonly string[];

export interface RegistrySlice {
  readonly pull: PullPolicy;
  readonly offline: boolean;
  /** Registries (`host[:port]`) that may be asked over plain HTTP, besides loopback. A certificate is always verified. */
  readonly insecureRegistries: readonly string[];
  /** Token services on other sites that may be sent a registry's credentials; both are `host[:port]`. */
  readonly tokenServices: readonly { readonly registry: string; readonly host: string }[];
  readonly platforms: RequiredPlatforms;
  /** Components resolved at once (`IMAGE_INDEX_WORKERS`). */
  readonly indexWorkers: number;
  readonly retry: RetryOptions;
}

export interface CacheSlice {
  /** Absent where no cache is kept on disk. */
  readonly directory?: string;
  readonly maxBytes: number;
}

export interface RunSlice {
  readonly workers: number | "auto";
  /** Milliseconds for the whole run; 0 is no limit. */
  readonly timeoutMs: number;
  /** Milliseconds for one component; 0 is no limit. */
  readonly componentTimeoutMs: number;
  /** Whether a report that is not a success makes the exit code 1. */
  readonly strict: boolean;
}

/** `auto`: colours where standard output is a terminal. */
export type ColorChoice = "auto" | "always" | "never";

export interface OutputSlice extends ReportOptions {
  /** Never empty: text to standard output where none was asked for. */
  readonly targets: readonly OutputTarget[];
  readonly color: ColorChoice;
}

export type LogLevel = "error" | "warning" | "debug";

/** Everything `validate image` was asked to do. Frozen, all the way down. */
export interface ValidateImageConfiguration {
  readonly snapshot: SnapshotSlice;
  readonly policy: PolicySlice;
  readonly verification: VerificationSlice;
  readonly trust: TrustSlice;
  readonly registry: RegistrySlice;
  readonly cache: CacheSlice;
  readonly run: RunSlice;
  readonly output: OutputSlice;
  readonly logLevel: LogLevel;
}

export interface DemoConfiguration {
  readonly color: ColorChoice;
  readonly workers: number | "auto";
  readonly logLevel: LogLevel;
}

export interface RegoTestConfiguration {
  /** Files and folders, at least one. */
  readonly paths: readonly string[];
  readonly verbose: boolean;
  /** Regular expression over `package.rule` names. */
  readonly run?: string;
  readonly format: "pretty" | "json" | "junit";
  /** Whether the rows that the tests evaluated are reported. */
  readonly coverage: boolean;
  /** Percent of the rows below which the run has failed. */
  readonly threshold: number;
  /** Patterns of names of files and folders that are left out. */
  readonly ignore: readonly string[];
  readonly exitZeroOnSkipped: boolean;
  readonly failOnEmpty: boolean;
  /** Milliseconds for one test. */
  readonly timeoutMs: number;
  readonly color: ColorChoice;
  readonly logLevel: LogLevel;
}

/** Formats of a query's result, and keys that its profile is sorted by: OPA's. */
export const queryFormats = ["json", "pretty", "raw", "values", "bindings", "discard"] as const;
export const profileKeys = ["total_time_ns", "num_eval", "num_redo", "num_gen_expr", "file", "line"] as const;

export interface RegoEvalConfiguration {
  readonly query: string;
  /** Files and folders with policies and data. */
  readonly paths: readonly string[];
  /** File with the input document. */
  readonly input?: string;
  /** Whether the input document comes from standard input. */
  readonly stdinInput: boolean;
  readonly format: (typeof queryFormats)[number];
  /** Characters of a table's cell; 0 for any number. */
  readonly prettyLimit: number;
  readonly package?: string;
  readonly imports: readonly string[];
  readonly strict: boolean;
  readonly strictBuiltinErrors: boolean;
  /** Patterns of names of files and folders that are left out. */
  readonly ignore: readonly string[];
  /** Whether times of stages are reported. */
  readonly metrics: boolean;
  /** Whether times and numbers of evaluations are reported. */
  readonly profile: boolean;
  /** 0 for all. */
  readonly profileLimit: number;
  /** Empty for the usual order. */
  readonly profileSort: readonly (typeof profileKeys)[number][];
  /** Whether an undefined result makes the exit code 1. */
  readonly failUndefined: boolean;
  /** Whether a result makes the exit code 1. */
  readonly failDefined: boolean;
  /** Milliseconds for the evaluation. */
  readonly timeoutMs: number;
  readonly logLevel: LogLevel;
}

export interface RegoCheckConfiguration {
  /** Files and folders, at least one. */
  readonly paths: readonly string[];
  readonly strict: boolean;
  /** Errors of a compilation that are named; 0 for all. */
  readonly maxErrors: number;
  readonly format: "pretty" | "json";
  /** Patterns of names of files and folders that are left out. */
  readonly ignore: readonly string[];
  readonly logLevel: LogLevel;
}

export interface RegistryServerConfiguration {
  /** Absent keeps everything in memory. */
  readonly directory?: string;
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Which children an image index may not be pushed without. */
  readonly platforms: RequiredPlatforms;
  /** Accept images whose configuration or layers were not pushed. */
  readonly acceptMissingBlobs: boolean;
  readonly maxBlobBytes: number;
  readonly logLevel: LogLevel;
}

export interface CacheCommandConfiguration {
  readonly action: "info" | "prune" | "verify";
  readonly directory: string;
  readonly maxBytes: number;
  readonly logLevel: LogLevel;
}

/** What the Tekton task's parameters ask for. */
export interface TaskConfiguration {
  readonly configuration: ValidateImageConfiguration;
  /** Folder for reports, shared by the task's steps. */
  readonly homeDirectory: string;
  /** File of the result TEST_OUTPUT; absent outside Tekton. */
  readonly resultPath?: string;
  /** Digest that stands in for the floating tag of the release policy. */
  readonly policyBundleDigest?: string;
  /** Address of the TUF mirror's initial root, where no other root was given. */
  readonly tufRootUrl?: string;
  /** Parameters that were given and do nothing here. */
  readonly ineffective: readonly string[];
}

/** A step of the Tekton task; its parameters are in the environment. */
export interface TaskStepConfiguration {
  readonly step: "validate" | "assert";
  readonly logLevel: LogLevel;
}

/** What a command line asks for. */
export type Command =
  | { readonly kind: "validate-image"; readonly configuration: ValidateImageConfiguration }
  | { readonly kind: "demo"; readonly configuration: DemoConfiguration }
  | { readonly kind: "test"; readonly configuration: RegoTestConfiguration }
  | { readonly kind: "eval"; readonly configuration: RegoEvalConfiguration }
  | { readonly kind: "check"; readonly configuration: RegoCheckConfiguration }
  | { readonly kind: "registry"; readonly configuration: RegistryServerConfiguration }
  | { readonly kind: "cache"; readonly configuration: CacheCommandConfiguration }
  | { readonly kind: "task"; readonly configuration: TaskStepConfiguration }
  | { readonly kind: "version" }
  /** `text` is ready to print, with its newline. */
  | { readonly kind: "help"; readonly topic?: string; readonly text: string };

/** What the action's inputs ask for. */
export interface ActionConfiguration {
  readonly configuration: ValidateImageConfiguration;
  /** Restore the cache folder before and save it after the run. */
  readonly cache: boolean;
}

/** The process' environment, handed in. */
export type Environment = Readonly<Record<string, string | undefined>>;
