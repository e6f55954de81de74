import { isJsonObject, type Json, type JsonObject } from "../types/index.ts";
import type { Statement } from "./statement.ts";

export const slsaProvenanceV02 = "https://slsa.dev/provenance/v0.2";
export const slsaProvenanceV1 = "https://slsa.dev/provenance/v1";

export interface ProvenanceMaterial {
  readonly uri?: string;
  readonly digest?: JsonObject;
}

/** What both versions of SLSA provenance say, in one shape. Fields that a statement lacks, or has in another type, are left out. */
export interface Provenance {
  readonly version: "v0.2" | "v1";
  readonly builderId?: string;
  readonly buildType?: string;
  /** RFC 3339, as written. */
  readonly startedOn?: string;
  /** RFC 3339, as written. */
  readonly finishedOn?: string;
  readonly materials: readonly ProvenanceMaterial[];
  readonly predicate: JsonObject;
}

/** The SLSA provenance (v0.2 or v1) of a statement; undefined where its predicate is of another type. */
export function toProvenance(statement: Statement): Provenance | undefined {
  const predicate = statement.body.predicate;
  if (!isJsonObject(predicate)) return undefined;
  switch (statement.predicateType) {
    case slsaProvenanceV02:
      return toProvenanceV02(predicate);
    case slsaProvenanceV1:
      return toProvenanceV1(predicate);
    default:
      return undefined;
  }
}

/** SLSA provenance v0.2, https://slsa.dev/spec/v0.2/provenance */
function toProvenanceV02(predicate: JsonObject): Provenance {
  const metadata = memberOf(predicate, "metadata");
  return withoutUndefined({
    version: "v0.2",
    builderId: textOf(memberOf(predicate, "builder"), "id"),
    buildType: textOf(predicate, "buildType"),
    startedOn: textOf(metadata, "buildStartedOn"),
    finishedOn: textOf(metadata, "buildFinishedOn"),
    materials: toMaterials(predicate.materials),
    predicate,
  });
}

/** SLSA provenance v1, https://slsa.dev/spec/v1.0/provenance */
function toProvenanceV1(predicate: JsonObject): Provenance {
  const definition = memberOf(predicate, "buildDefinition");
  const details = memberOf(predicate, "runDetails");
  const metadata = memberOf(details, "metadata");
  return withoutUndefined({
    version: "v1",
    builderId: textOf(memberOf(details, "builder"), "id"),
    buildType: textOf(definition, "buildType"),
    startedOn: textOf(metadata, "startedOn"),
    finishedOn: textOf(metadata, "finishedOn"),
    materials: toMaterials(definition.resolvedDependencies),
    predicate,
  });
}

/** When the build ended (RFC 3339, as written), for the effective time; undefined where the statement does not say. */
export function findFinishedOn(statement: Statement): string | undefined {
  return toProvenance(statement)?.finishedOn;
}

/** The build type of a SLSA provenance statement, for the report's `predicateBuildType`. */
export function findBuildType(statement: Statement): string | undefined {
  return toProvenance(statement)?.buildType;
}

function toMaterials(value: Json | undefined): readonly ProvenanceMaterial[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isJsonObject).map((material) => ({
    ...(typeof material.uri === "string" ? { uri: material.uri } : {}),
    ...(isJsonObject(material.digest) ? { digest: material.digest } : {}),
  }));
}

function memberOf(object: JsonObject, name: string): JsonObject {
  const member = object[name];
  return isJsonObject(member) ? member : {};
}

function textOf(object: JsonObject, name: string): string | undefined {
  const member = object[name];
  return typeof member === "string" ? member : undefined;
}

type Loose<T> = { [K in keyof T]: T[K] | undefined };

function withoutUndefined(value: Loose<Provenance>): Provenance {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as unknown as Provenance;
}
