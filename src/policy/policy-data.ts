import { fromJson, numberFromBigInt, RegoObject, type Value } from "../rego/index.ts";
import type { JsonObject } from "../types/index.ts";
import { mergeDocuments, readDataDocuments } from "./data-documents.ts";
import type { FetchedSource } from "./fetch-source.ts";

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

export interface InjectedData {
  ruleData: JsonObject | undefined;
  sigstore: DefaultSigstoreOptions;
  effectiveTimeNs: bigint;
}

function asObject(value: Value): RegoObject {
  return value instanceof RegoObject ? value : RegoObject.empty;
}

/** Sets the value at a path of objects, making those that are missing. */
function setAt(document: RegoObject, [key, ...rest]: readonly string[], value: Value): RegoObject {
  if (key === undefined) {
    return document;
  }
  const inner = rest.length === 0 ? value : setAt(asObject(document.get(key) ?? RegoObject.empty), rest, value);
  return RegoObject.from([...document, [key, inner]]);
}

/** The data of a policy at another effective time. */
export function withEffectiveTime(data: Value, timeNs: bigint): Value {
  return setAt(asObject(data), ["config", "policy", "when_ns"], numberFromBigInt(timeNs));
}

/**
 * The `data` of a source group: its data documents, its rule data, and the run's configuration.
 *
 * @throws {PolicyError} `data-invalid`, `data-conflict`
 */
export function buildData(sources: readonly FetchedSource[], injected: InjectedData): RegoObject {
  const config = { config: { policy: {}, default_sigstore_opts: { ...injected.sigstore } } };
  const ruleData = injected.ruleData === undefined ? {} : { rule_data__configuration__: injected.ruleData };
  const documents = readDataDocuments(sources);
  const withTime = asObject(withEffectiveTime(asObject(fromJson(config)), injected.effectiveTimeNs));
  const configured = mergeDocuments(documents, withTime, "the run's configuration");
  const complete = mergeDocuments(configured, asObject(fromJson(ruleData)), "the source's ruleData");
  // Conforma's evaluator names the file that it hands the input over in.
  return setAt(complete, ["conftest", "file"], fromJson({ name: "input.json", dir: "" }));
}
