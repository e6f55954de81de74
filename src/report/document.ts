import type {
  AttestationEntry,
  ComponentReport,
  ComponentSource,
  Json,
  Report,
  RuleResult,
  SignatureEntry,
} from "../types/index.ts";
import { isJsonObject } from "../types/index.ts";
import type { LooseJson } from "./go-json.ts";

type LooseObject = { readonly [key: string]: LooseJson };

/** The report as `json` and `yaml` show it (PARITY 8.2): ec's keys in ec's order, then ours where they say something. */
export function toReportDocument(report: Report, options: { includeSuccesses: boolean }): LooseObject {
  return {
    success: report.success,
    snapshot: report.snapshot === "" ? undefined : report.snapshot,
    components: report.components.length === 0 ? null : report.components.map((one) => toComponent(one, options)),
    key: report.key,
    policy: orderPolicy(report.policy),
    "ec-version": report.version,
    "effective-time": report.effectiveTime,
    notes: unlessEmpty(report.notes),
    statistics: toStatistics(report.statistics),
  };
}

function toStatistics(statistics: Report["statistics"]): LooseObject | undefined {
  const entries = Object.entries(statistics).map(([registry, numbers]) => [registry, { ...numbers }] as const);
  return entries.length === 0 ? undefined : sortKeys(Object.fromEntries(entries));
}

function unlessEmpty<Item>(list: readonly Item[]): readonly Item[] | undefined {
  return list.length === 0 ? undefined : list;
}

function unlessBlank(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function toComponent(component: ComponentReport, options: { includeSuccesses: boolean }): LooseObject {
  return {
    name: component.name,
    containerImage: component.containerImage,
    source: toSource(component.source),
    violations: unlessEmpty(component.violations.map(toResult)),
    warnings: unlessEmpty(component.warnings.map(toResult)),
    successes: options.includeSuccesses ? unlessEmpty(component.successes.map(toResult)) : undefined,
    success: component.success,
    signatures: unlessEmpty(component.signatures.map(toSignature)),
    attestations: unlessEmpty(component.attestations.map(toAttestation)),
    error: component.error === undefined ? undefined : { ...component.error },
    refused: unlessEmpty(component.refused.map((one) => ({ ...one }))),
    skipped: unlessEmpty(component.skipped),
    excluded: unlessEmpty(component.excluded.map(toResult)),
  };
}

function toSource({ git }: ComponentSource): LooseObject {
  if (git === undefined) {
    return {};
  }
  return {
    git: {
      url: git.url ?? "",
      revision: unlessBlank(git.revision),
      context: unlessBlank(git.context),
      devfileUrl: unlessBlank(git.devfileUrl),
      dockerfileUrl: unlessBlank(git.dockerfileUrl),
    },
  };
}

function toResult(result: RuleResult): LooseObject {
  const metadata = result.metadata ?? {};
  return { msg: result.msg, metadata: Object.keys(metadata).length === 0 ? undefined : sortKeys(metadata) };
}

function toSignature(signature: SignatureEntry): LooseObject {
  const metadata = signature.metadata ?? {};
  return {
    keyid: signature.keyid,
    sig: signature.sig,
    certificate: unlessBlank(signature.certificate),
    chain: unlessEmpty(signature.chain ?? []),
    metadata: Object.keys(metadata).length === 0 ? undefined : sortKeys(metadata),
  };
}

function toAttestation(attestation: AttestationEntry): LooseObject {
  return {
    type: unlessBlank(attestation.type),
    predicateType: unlessBlank(attestation.predicateType),
    predicateBuildType: unlessBlank(attestation.predicateBuildType),
    signatures: unlessEmpty(attestation.signatures.map(toSignature)),
  };
}

/** The same value with the keys of every object in the order of their code units. */
export function sortKeys(value: LooseObject): LooseObject;
export function sortKeys(value: LooseJson): LooseJson;
export function sortKeys(value: LooseJson): LooseJson {
  if (Array.isArray(value)) {
    return value.map((item: LooseJson) => sortKeys(item));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const entries = Object.entries(value as LooseObject).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}

const specKeys = ["name", "description", "sources", "configuration", "rekorUrl", "publicKey", "identity"];
const sourceKeys = ["name", "policy", "data", "ruleData", "config", "volatileConfig"];
const criteriaKeys = ["exclude", "include", "collections"];
const criterionKeys = [
  "value",
  "effectiveOn",
  "effectiveUntil",
  "imageRef",
  "imageDigest",
  "imageUrl",
  "componentNames",
  "reference",
];
const identityKeys = ["subject", "subjectRegExp", "issuer", "issuerRegExp"];

type Order = (value: Json) => LooseJson;

/** An object with the known keys first, each through its own order; unknown keys follow as they came. */
function ordered(keys: readonly string[], inner: Readonly<Record<string, Order>> = {}): Order {
  return (value) => {
    if (!isJsonObject(value)) {
      return value;
    }
    const names = [...keys, ...Object.keys(value).filter((name) => !keys.includes(name))];
    const present = names.filter((name) => Object.hasOwn(value, name) && !isEmpty(value[name]));
    return Object.fromEntries(
      present.map((name) => [name, (inner[name] ?? ((item: Json) => item))(value[name] ?? null)]),
    );
  };
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

function each(order: Order): Order {
  return (value) => (Array.isArray(value) ? value.map((item: Json) => order(item)) : value);
}

const orderVolatile = ordered(criteriaKeys, {
  exclude: each(ordered(criterionKeys)),
  include: each(ordered(criterionKeys)),
});

/** The policy's keys in the order in which Conforma's type has them; rule data sorted. */
const orderPolicy: Order = ordered(specKeys, {
  sources: each(
    ordered(sourceKeys, { ruleData: sortKeys, config: ordered(criteriaKeys), volatileConfig: orderVolatile }),
  ),
  configuration: ordered(criteriaKeys),
  identity: ordered(identityKeys),
});
