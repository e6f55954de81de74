import { fetchPolicySources } from "../fetch-sources.ts";
import { type PrepareOptions, preparePolicy } from "../prepare.ts";
import type { PreparedPolicy } from "../prepared-policy.ts";
import type { PolicySource, PolicySpec } from "../spec.ts";
import { fakeDisk, fakePorts } from "./ports.ts";

/** 2026-06-15T12:00:00Z */
export const testTimeNs = 1_781_524_800_000_000_000n;

export const noSigstoreOptions = {
  certificate_identity: "",
  certificate_identity_regexp: "",
  certificate_oidc_issuer: "",
  certificate_oidc_issuer_regexp: "",
  ignore_rekor: false,
  public_key: "",
  rekor_url: "",
};

/** Prepares a policy whose sources are files in memory; `structuredClone` stands for the way to a worker. */
export async function prepareFrom(
  files: Readonly<Record<string, string>>,
  sources: readonly PolicySource[],
  options: Partial<PrepareOptions> & { spec?: PolicySpec } = {},
): Promise<PreparedPolicy> {
  const { spec, ...changes } = options;
  const fetched = await fetchPolicySources({ ...spec, sources }, fakePorts({ files: fakeDisk(files) }));
  const prepared = preparePolicy(fetched, fetched.spec, {
    effectiveTimeNs: testTimeNs,
    sigstore: noSigstoreOptions,
    filterType: "include-exclude",
    ...changes,
  });
  return structuredClone(prepared);
}

/** A check in Conforma's conventions, with annotations. */
export function check(name: string, body: string, annotations = ""): string {
  const lines = [
    "title: Title",
    "custom:",
    `  short_name: ${name}`,
    ...annotations.split("\n").filter((line) => line !== ""),
  ];
  return `# METADATA\n${lines.map((line) => `# ${line}`).join("\n")}\ndeny contains result if {\n${body}\n}\n`;
}
