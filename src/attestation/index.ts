export {
  type Envelope,
  type EnvelopeSignature,
  inTotoPayloadType,
  maxEnvelopeBytes,
  maxEnvelopeSignatures,
  maxEnvelopeValues,
  parseEnvelope,
  toEnvelope,
  toPreAuthEncoding,
} from "./envelope.ts";
export { AttestationError, type AttestationErrorCode } from "./errors.ts";
export {
  findBuildType,
  findFinishedOn,
  type Provenance,
  type ProvenanceMaterial,
  slsaProvenanceV1,
  slsaProvenanceV02,
  toProvenance,
} from "./provenance.ts";
export {
  hasSubject,
  maxStatementBytes,
  maxStatementValues,
  maxSubjects,
  parseStatement,
  type Statement,
  type StatementSubject,
  type StatementType,
  statementTypes,
} from "./statement.ts";
export { hasManyValues } from "./strict-json.ts";
export { checkSyntax } from "./syntax.ts";
