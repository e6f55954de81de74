import type { JsonObject } from "../types/index.ts";

/** A time-bounded include or exclude (Conforma's EnterpriseContractPolicy, `volatileConfig`). */
export interface VolatileCriterion {
  value: string;
  effectiveOn?: string;
  effectiveUntil?: string;
  /** Deprecated spelling of `imageDigest`. */
  imageRef?: string;
  imageDigest?: string;
  imageUrl?: string;
  componentNames?: readonly string[];
  reference?: string;
}

export interface Criteria {
  include?: readonly string[];
  exclude?: readonly string[];
}

export interface VolatileCriteria {
  include?: readonly VolatileCriterion[];
  exclude?: readonly VolatileCriterion[];
}

/** A group of policy and data addresses that is evaluated on its own. */
export interface PolicySource {
  name?: string;
  policy?: readonly string[];
  data?: readonly string[];
  ruleData?: JsonObject;
  config?: Criteria;
  volatileConfig?: VolatileCriteria;
}

/** The deprecated settings that apply where a source has none of its own. */
export interface GlobalConfiguration extends Criteria {
  collections?: readonly string[];
}

/** Whom keyless verification trusts. An empty text counts as absent. */
export interface Identity {
  subject?: string;
  subjectRegExp?: string;
  issuer?: string;
  issuerRegExp?: string;
}

/** The specification of a policy (Conforma's EnterpriseContractPolicy, `spec`). */
export interface PolicySpec {
  name?: string;
  description?: string;
  sources?: readonly PolicySource[];
  configuration?: GlobalConfiguration;
  rekorUrl?: string;
  publicKey?: string;
  identity?: Identity;
}
