import type { PolicySlice, VerificationSlice } from "../inputs/index.ts";
import {
  addExtraRuleData,
  applyVerificationOptions,
  fetchPolicySources,
  type Identity,
  type PolicySpec,
  type PreparedPolicy,
  parsePolicyConfiguration,
  preparePolicy,
  readPolicyText,
  type SourcePorts,
} from "../policy/index.ts";
import { type PublicKeyMaterial, parsePublicKey, toPem } from "../sigstore/index.ts";
import type { Log } from "../types/index.ts";

/** The policy of a run: fetched, pinned, compiled; and whom to trust. */
export interface PreparedRun {
  /** Effective specification: pinned sources, injected rule data, replaced key. */
  spec: PolicySpec;
  prepared: PreparedPolicy;
  key: PublicKeyMaterial | undefined;
  identity: Identity | undefined;
  /** PEM, `""` when keyless. */
  keyPem: string;
}

export interface PrepareRunPorts {
  sources: SourcePorts;
  /** The PEM text that a key's text stands for: itself, or the content of a file, an address, a variable. */
  readKey(key: string, signal: AbortSignal): Promise<string>;
  log: Log;
}

/** Reads the policy's configuration, chooses key or identity, fetches and compiles the sources: once for the whole run. */
export async function prepareRun(
  slices: { policy: PolicySlice; verification: VerificationSlice; effectiveTimeNs: bigint },
  ports: PrepareRunPorts,
  signal: AbortSignal,
): Promise<PreparedRun> {
  const { policy, verification } = slices;
  const text = await readPolicyText(policy.policy, ports.sources, { signal });
  const choice = applyVerificationOptions(parsePolicyConfiguration(text), policy.keys);
  const key = choice.key === undefined ? undefined : parsePublicKey(await ports.readKey(choice.key, signal));
  const keyPem = key === undefined ? "" : toPem(key);
  const fetched = await fetchPolicySources(choice.spec, ports.sources, { signal, log: ports.log });
  const spec = await addExtraRuleData(fetched.spec, policy.extraRuleData, ports.sources, { signal });
  const prepared = preparePolicy(fetched, spec, {
    effectiveTimeNs: slices.effectiveTimeNs,
    filterType: policy.filterType,
    sigstore: {
      certificate_identity: choice.identity?.subject ?? "",
      certificate_identity_regexp: choice.identity?.subjectRegExp ?? "",
      certificate_oidc_issuer: choice.identity?.issuer ?? "",
      certificate_oidc_issuer_regexp: choice.identity?.issuerRegExp ?? "",
      ignore_rekor: verification.ignoreRekor,
      public_key: keyPem,
      rekor_url: spec.rekorUrl ?? "",
    },
  });
  return { spec, prepared, key, identity: choice.identity, keyPem };
}
