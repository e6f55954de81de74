import type { Flag, FlagGroup } from "./flags.ts";
import { reportFormats } from "./output-target.ts";

const vsaInstead = "leave it out: verification summaries are neither written nor read, every image is validated";

/** Flags that every command takes. */
export const commonGroup: FlagGroup = {
  title: "Messages",
  flags: [
    { name: "quiet", kind: "boolean", fallback: "false", help: "Log errors only." },
    { name: "verbose", kind: "boolean", fallback: "false", help: "Log everything." },
    { name: "debug", kind: "boolean", fallback: "false", help: "The same as --verbose." },
  ],
};

export const colorFlags: readonly Flag[] = [
  { name: "color", kind: "boolean", fallback: "false", help: "Colour the text even where it goes to no terminal." },
  { name: "no-color", kind: "boolean", fallback: "false", help: "Never colour the text; wins over --color." },
];

export const workersFlag: Flag = {
  name: "workers",
  kind: "text",
  value: "N|auto",
  fallback: "auto",
  help: "Components validated at once; auto fits the cores and the memory there are.",
};

export const cacheFlags: readonly Flag[] = [
  {
    name: "cache-dir",
    kind: "text",
    value: "PATH",
    help: "Folder for what later runs need not fetch again. Default: sealcheck in the user's cache folder. --cache-dir=none keeps nothing.",
  },
  { name: "cache-max-size", kind: "size", value: "SIZE", fallback: "2GiB", help: "Bound of that folder." },
];

const inputGroup: FlagGroup = {
  title: "What to validate",
  flags: [
    { name: "image", short: "i", kind: "text", value: "REF", help: "One image reference." },
    {
      name: "images",
      kind: "text",
      value: "FILE|TEXT",
      help: "A snapshot: a list of components, as a file or as the JSON or YAML text itself.",
    },
    { name: "file-path", short: "f", kind: "text", value: "FILE", help: "Deprecated: use --images." },
    { name: "json-input", short: "j", kind: "text", value: "TEXT", help: "Deprecated: use --images." },
    {
      name: "allow-empty",
      kind: "boolean",
      fallback: "false",
      help: "Accept a snapshot without components (the result is SKIPPED).",
    },
    {
      name: "platforms",
      kind: "text",
      value: "all|none|LIST",
      fallback: "all",
      help: "Which images of an image index must be in the registry: all, none, or a list such as linux/amd64,linux/arm64.",
    },
    {
      name: "snapshot",
      kind: "unsupported",
      help: "",
      instead: "save the Snapshot with `kubectl get snapshot NAME -o yaml` and pass the file with --images",
    },
  ],
};

const policyGroup: FlagGroup = {
  title: "Against what",
  flags: [
    {
      name: "policy",
      short: "p",
      kind: "text",
      value: "FILE|URL|TEXT",
      help: "Policy configuration. Without one only the built-in checks are made.",
    },
    {
      name: "extra-rule-data",
      kind: "list",
      value: "KEY=VALUE,...",
      help: "Rule data added to every policy source; a value may be a file or a URL.",
    },
    {
      name: "effective-time",
      kind: "text",
      value: "TIME",
      fallback: "now",
      help: "The moment that rules are judged at: now, attestation, 2026-01-31T00:00:00Z or 2026-01-31.",
    },
    {
      name: "allow-past-effective-time",
      kind: "boolean",
      fallback: "false",
      help: "Accept an --effective-time in the past.",
    },
    {
      name: "filter-type",
      kind: "text",
      value: "TYPE",
      fallback: "include-exclude",
      help: "How rules are chosen: include-exclude or ec-policy (pipeline intentions too).",
    },
  ],
};

const signatureGroup: FlagGroup = {
  title: "Signatures",
  flags: [
    {
      name: "public-key",
      short: "k",
      kind: "text",
      value: "FILE|URL|PEM",
      help: "Key that signed the images; wins over the policy's.",
    },
    { name: "certificate-identity", kind: "text", value: "NAME", help: "Signer's identity, keyless." },
    {
      name: "certificate-identity-regexp",
      kind: "text",
      value: "REGEXP",
      help: "The same as a regular expression; anchor it with ^ and $.",
    },
    { name: "certificate-oidc-issuer", kind: "text", value: "URL", help: "Who vouched for the signer, keyless." },
    {
      name: "certificate-oidc-issuer-regexp",
      kind: "text",
      value: "REGEXP",
      help: "The same as a regular expression; anchor it with ^ and $.",
    },
    { name: "rekor-url", short: "r", kind: "text", value: "URL", help: "Transparency log; wins over the policy's." },
    { name: "ignore-rekor", kind: "boolean", fallback: "false", help: "Do without transparency log proofs." },
    { name: "trusted-root", kind: "text", value: "FILE", help: "trusted_root.json to trust, instead of asking TUF." },
    { name: "tuf-mirror", kind: "text", value: "URL", help: "Where trust roots are fetched from." },
    {
      name: "skip-image-sig-check",
      kind: "boolean",
      fallback: "false",
      help: "Do not verify image signatures; the report says so.",
    },
    {
      name: "skip-att-sig-check",
      kind: "boolean",
      fallback: "false",
      help: "Do not verify attestation signatures; the report says so.",
    },
    {
      name: "attestation-as-signature",
      kind: "boolean",
      fallback: "false",
      help: "Let a verified attestation bundle count as the image's signature, as ec does.",
    },
  ],
};

const outputGroup: FlagGroup = {
  title: "Report",
  flags: [
    {
      name: "output",
      kind: "list",
      value: "FORMAT[=PATH][?OPTION=...]",
      help: `Repeatable. Formats: ${reportFormats.join(", ")}. Options of text: show-successes, show-warnings, show-policy-docs-link. Default: text to standard output.`,
    },
    { name: "output-file", short: "o", kind: "text", value: "FILE", help: "Deprecated: use --output json=FILE." },
    {
      name: "strict",
      short: "s",
      kind: "boolean",
      fallback: "true",
      help: "Exit with 1 when the policy says no. Exit code 3, could not decide, stays.",
    },
    { name: "info", kind: "boolean", fallback: "false", help: "Keep titles, descriptions and solutions of rules." },
    { name: "show-successes", kind: "boolean", fallback: "false", help: "List what passed." },
    { name: "show-warnings", kind: "boolean", fallback: "true", help: "List warnings in text." },
    {
      name: "show-policy-docs-link",
      kind: "boolean",
      fallback: "false",
      help: "End the text with a link to the policies' documentation.",
    },
    ...colorFlags,
  ],
};

const runGroup: FlagGroup = {
  title: "Running",
  flags: [
    workersFlag,
    {
      name: "timeout",
      kind: "duration",
      value: "TIME",
      fallback: "0s",
      help: "For the whole run; 0 is no limit: each component has its own.",
    },
    {
      name: "component-timeout",
      kind: "duration",
      value: "TIME",
      fallback: "10m",
      help: "For one component, which then could not be decided; 0 is no limit.",
    },
    ...cacheFlags,
  ],
};

const registryGroup: FlagGroup = {
  title: "Registry",
  flags: [
    {
      name: "pull",
      kind: "text",
      value: "WHEN",
      fallback: "if-newer",
      help: "When a tag is looked up in the registry: if-newer (one HEAD request), always (manifests are fetched again, too), if-missing.",
    },
    {
      name: "offline",
      kind: "boolean",
      fallback: "false",
      help: "Ask no registry: use what the cache folder holds.",
    },
    {
      name: "insecure-registry",
      kind: "list",
      value: "HOST[:PORT]",
      help: "Repeatable. Registry that may be asked over plain HTTP where it speaks no TLS. Certificates are always verified: name an authority of your own in SSL_CERT_FILE.",
    },
    {
      name: "token-service",
      kind: "list",
      value: "REGISTRY=HOST",
      help: "Repeatable. Token service on another site that may be sent a registry's credentials, as registry.example.com=login.example.net.",
    },
    { name: "retry-max-retry", kind: "count", value: "N", fallback: "3", help: "Tries after the first; 0 is one try." },
    { name: "retry-duration", kind: "duration", value: "TIME", fallback: "1s", help: "First wait between tries." },
    { name: "retry-max-wait", kind: "duration", value: "TIME", fallback: "3s", help: "Longest wait between tries." },
    { name: "retry-factor", kind: "decimal", value: "N", fallback: "2.0", help: "How each wait grows." },
    { name: "retry-jitter", kind: "decimal", value: "N", fallback: "0.1", help: "Random part of a wait, 0 to 1." },
  ],
};

/** Flags of `ec validate image` that are answered with what to do instead. */
const unsupportedGroup: FlagGroup = {
  title: "",
  flags: [
    { name: "vsa", kind: "unsupported-optional", help: "", instead: vsaInstead },
    { name: "vsa-signing-key", kind: "unsupported", help: "", instead: vsaInstead },
    { name: "vsa-public-key", kind: "unsupported", help: "", instead: vsaInstead },
    { name: "vsa-upload", kind: "unsupported", help: "", instead: vsaInstead },
    { name: "vsa-expiration", kind: "unsupported", help: "", instead: vsaInstead },
    { name: "attestation-format", kind: "unsupported", help: "", instead: vsaInstead },
    { name: "attestation-output-dir", kind: "unsupported", help: "", instead: vsaInstead },
    {
      name: "kubeconfig",
      kind: "unsupported",
      help: "",
      instead: "no cluster is asked: pass policy, key and snapshot as files or text",
    },
    { name: "logfile", kind: "unsupported", help: "", instead: "redirect standard error to the file" },
    { name: "trace", kind: "unsupported-optional", help: "", instead: "--debug logs what is done" },
  ],
};

/** The flags of `validate image` (PARITY 1.2), with their defaults. */
export const validateImageGroups: readonly FlagGroup[] = [
  inputGroup,
  policyGroup,
  signatureGroup,
  outputGroup,
  runGroup,
  registryGroup,
  commonGroup,
  unsupportedGroup,
];
