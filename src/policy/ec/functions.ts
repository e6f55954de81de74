import type { ExternalFunction, FunctionType, PureFunction, RegoType } from "../../rego/index.ts";
import { isValidPurl, parsePurl } from "./purl.ts";
import { any, arrayOf, boolean, mapOf, number, record, setOf, string, tuple } from "./type-terms.ts";

// The types are those that Conforma declares: where it declares a list by its first item alone, so does this table,
// because the compiler's checks of policies follow from them.

const annotations = mapOf(string, string);

const platform = record({
  architecture: string,
  os: string,
  "os.version": string,
  "os.features": tuple(string),
  variant: string,
  features: tuple(string),
});

const indexEntry = record({
  mediaType: string,
  size: number,
  digest: string,
  data: string,
  urls: tuple(string),
  annotations,
  platform,
});

const descriptor = record({
  mediaType: string,
  size: number,
  digest: string,
  data: string,
  urls: tuple(string),
  annotations,
  platform,
  artifactType: string,
});

const manifest = record({
  schemaVersion: number,
  mediaType: string,
  config: descriptor,
  layers: tuple(descriptor),
  annotations,
  subject: descriptor,
});

const imageIndex = record({ schemaVersion: number, mediaType: string, manifests: tuple(indexEntry), annotations });

const referrer = record({
  mediaType: string,
  size: number,
  digest: string,
  artifactType: string,
  ref: string,
  annotations,
});

const files = mapOf(string, any);

const signature = record({
  keyid: string,
  signature: string,
  certificate: string,
  chain: tuple(string),
  metadata: mapOf(string, string),
});

const sigstoreOptions = record({ ignore_rekor: boolean }, [string, string]);
const imageVerification = record({ success: boolean, errors: tuple(string), signatures: tuple(signature) });
const attestationVerification = record({
  success: boolean,
  errors: tuple(string),
  attestations: tuple(record({ statement: any, signatures: tuple(signature) })),
});

function takes(args: readonly RegoType[], result: RegoType): FunctionType {
  return { args, result };
}

/** The functions that need a registry, by name. */
export type EcFunctionName =
  | "ec.oci.blob"
  | "ec.oci.parsed_blob"
  | "ec.oci.blob_files"
  | "ec.oci.image_files"
  | "ec.oci.image_manifest"
  | "ec.oci.image_manifests"
  | "ec.oci.image_index"
  | "ec.oci.descriptor"
  | "ec.oci.image_tag_refs"
  | "ec.oci.image_referrers"
  | "ec.sigstore.verify_image"
  | "ec.sigstore.verify_attestation";

const externalTypes: Readonly<Record<EcFunctionName, FunctionType>> = {
  "ec.oci.blob": takes([string], string),
  "ec.oci.parsed_blob": takes([string], any),
  "ec.oci.blob_files": takes([string, tuple(string)], files),
  "ec.oci.image_files": takes([string, tuple(string)], files),
  "ec.oci.image_manifest": takes([string], manifest),
  "ec.oci.image_manifests": takes([setOf(string)], mapOf(string, manifest)),
  "ec.oci.image_index": takes([string], imageIndex),
  "ec.oci.descriptor": takes([string], descriptor),
  "ec.oci.image_tag_refs": takes([string], tuple(string)),
  "ec.oci.image_referrers": takes([string], tuple(referrer)),
  "ec.sigstore.verify_image": takes([string, sigstoreOptions], imageVerification),
  "ec.sigstore.verify_attestation": takes([string, sigstoreOptions], attestationVerification),
};

/** What Conforma's policies may call that needs a registry. The host answers between two passes of an evaluation. */
export const ecExternalFunctions: readonly ExternalFunction[] = Object.entries(externalTypes).map(([name, type]) => ({
  name,
  type,
}));

export function isEcFunction(name: string): name is EcFunctionName {
  return Object.hasOwn(externalTypes, name);
}

const purl = record({
  type: string,
  namespace: string,
  name: string,
  version: string,
  qualifiers: arrayOf(record({ key: string, value: string })),
  subpath: string,
});

/** What Conforma's policies may call that depends on nothing but its arguments. */
export const ecPureFunctions: readonly PureFunction[] = [
  // Conforma declares a string as result, and gives a boolean.
  { name: "ec.purl.is_valid", type: takes([string], string), evaluate: ([text]) => isValidPurl(text) },
  { name: "ec.purl.parse", type: takes([string], purl), evaluate: ([text]) => parsePurl(text) },
];
