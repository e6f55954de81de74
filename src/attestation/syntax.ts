import { slsaProvenanceV1, slsaProvenanceV02 } from "./provenance.ts";
import {
  digestSet,
  findProblems,
  listOf,
  objectOf,
  oneOf,
  type Shape,
  textOf,
  timestamp,
  truth,
  uri,
} from "./shape.ts";
import type { Statement } from "./statement.ts";

/** Digest algorithms of in-toto's digest sets that SLSA v0.2 statements may use. */
const algorithms = [
  "sha256 sha224 sha384 sha512 sha512_224 sha512_256 sha3_224 sha3_256 sha3_384 sha3_512",
  "shake128 shake256 blake2b blake2s ripemd160 sm3 gost sha1 md5",
].flatMap((names) => names.split(" "));

const anyObject = objectOf({});
const anyText = textOf();
const someText = textOf({ minLength: 1 });

function subjectsOf(digests: Shape): Shape {
  return listOf(objectOf({ name: someText, digest: digests }, ["name", "digest"]), { minItems: 1 });
}

const provenanceV02 = provenanceV02Of(digestSet(new Set(algorithms)));
const provenanceV1 = provenanceV1Of(digestSet(new Set([...algorithms, "gitCommit"])));

/** https://slsa.dev/spec/v0.2/provenance, as strict as Conforma is. */
function provenanceV02Of(digests: Shape): Shape {
  const configSource = objectOf({ uri: anyText, digest: digests, entryPoint: someText });
  const completeness = objectOf({ parameters: truth, environment: truth, materials: truth });
  const predicate = objectOf(
    {
      builder: objectOf({ id: uri }, ["id"]),
      buildType: anyText,
      invocation: objectOf({ configSource, parameters: anyObject, environment: anyObject }),
      metadata: objectOf({
        buildInvocationId: someText,
        buildStartedOn: timestamp,
        buildFinishedOn: timestamp,
        completeness,
        reproducible: truth,
      }),
      buildConfig: anyObject,
      materials: listOf(objectOf({ uri: anyText, digest: digests })),
    },
    ["builder", "buildType"],
  );
  return objectOf(
    {
      _type: oneOf("https://in-toto.io/Statement/v0.1"),
      subject: subjectsOf(digests),
      predicateType: oneOf(slsaProvenanceV02),
      predicate,
    },
    ["_type", "subject", "predicate"],
  );
}

/** https://slsa.dev/spec/v1.0/provenance, as strict as Conforma is; Tekton Chains writes it in v0.1 statements, too. */
function provenanceV1Of(digests: Shape): Shape {
  const resource = objectOf({
    uri: anyText,
    digest: digests,
    name: anyText,
    downloadLocation: anyText,
    mediaType: anyText,
    content: anyText,
    annotations: anyObject,
  });
  const buildDefinition = objectOf(
    {
      buildType: someText,
      externalParameters: anyObject,
      internalParameters: anyObject,
      resolvedDependencies: listOf(resource),
    },
    ["buildType", "externalParameters"],
  );
  const runDetails = objectOf(
    {
      builder: objectOf({ id: uri, builderDependencies: listOf(resource), version: anyObject }, ["id"]),
      metadata: objectOf({ invocationId: someText, startedOn: timestamp, finishedOn: timestamp }),
      byproducts: listOf(resource),
    },
    ["builder"],
  );
  return objectOf(
    {
      _type: oneOf("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"),
      subject: subjectsOf(digests),
      predicateType: oneOf(slsaProvenanceV1),
      predicate: objectOf({ buildDefinition, runDetails }, ["buildDefinition", "runDetails"]),
    },
    ["_type", "subject", "predicate"],
  );
}

/**
 * What is wrong with the form of a SLSA provenance statement (v0.2, v1), each problem with its path, at most 100; empty
 * where nothing is. Statements with other predicates are not judged.
 */
export function checkSyntax(statement: Statement): readonly string[] {
  switch (statement.predicateType) {
    case slsaProvenanceV02:
      return findProblems(provenanceV02, statement.body);
    case slsaProvenanceV1:
      return findProblems(provenanceV1, statement.body);
    default:
      return [];
  }
}
