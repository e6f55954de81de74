import { isJsonObject } from "../types/index.ts";
import { AttestationError } from "./errors.ts";
import { decodeBase64, hasManyValues, parseJsonBytes } from "./strict-json.ts";

/** Most bytes of an envelope that are parsed: 128 MiB, what registries' clients allow an attachment. */
export const maxEnvelopeBytes = 128 * 1024 * 1024;

/** Most signatures of one envelope. */
export const maxEnvelopeSignatures = 16;

/** Most values in an envelope's JSON: it is a handful of texts. */
export const maxEnvelopeValues = 10_000;

/** The payload type of in-toto statements (in-toto attestation framework, envelope layer). */
export const inTotoPayloadType = "application/vnd.in-toto+json";

export interface EnvelopeSignature {
  readonly keyid: string;
  /** Base64, as it was written. */
  readonly sig: string;
  readonly bytes: Uint8Array;
}

/** DSSE v1 envelope. */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly EnvelopeSignature[];
}

/** Parses a DSSE envelope (DSSE protocol v1.0, envelope.md). Throws `AttestationError`. */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length <= maxEnvelopeBytes && hasManyValues(bytes, maxEnvelopeValues)) {
    throw invalid(`more than ${maxEnvelopeValues} values`);
  }
  const value = parseJsonBytes(bytes, { maxBytes: maxEnvelopeBytes, what: "DSSE envelope", code: "envelope_invalid" });
  return toEnvelope(value);
}

/** The envelope in an already parsed JSON value. Throws `AttestationError`. */
export function toEnvelope(value: unknown): Envelope {
  if (!isJsonObject(value)) throw invalid("a JSON object was expected");
  const { payload, payloadType, signatures } = value;
  if (typeof payloadType !== "string" || payloadType === "") throw invalid("`payloadType` must be a non-empty string");
  if (typeof payload !== "string" || payload === "") throw invalid("`payload` must be non-empty base64");
  if (!Array.isArray(signatures) || signatures.length === 0) throw invalid("`signatures` must list at least one");
  if (signatures.length > maxEnvelopeSignatures) {
    throw invalid(`${signatures.length} signatures; at most ${maxEnvelopeSignatures} are read`);
  }
  return { payloadType, payload: decode(payload, "payload"), signatures: signatures.map(toSignature) };
}

function toSignature(value: unknown, index: number): EnvelopeSignature {
  if (!isJsonObject(value)) throw invalid(`signatures[${index}] must be an object`);
  const { sig, keyid } = value;
  if (typeof sig !== "string" || sig === "") throw invalid(`signatures[${index}].sig must be non-empty base64`);
  if (keyid !== undefined && keyid !== null && typeof keyid !== "string") {
    throw invalid(`signatures[${index}].keyid must be a string`);
  }
  return { keyid: keyid ?? "", sig, bytes: decode(sig, `signatures[${index}].sig`) };
}

function decode(text: string, what: string): Uint8Array {
  const bytes = decodeBase64(text);
  if (bytes === undefined) throw invalid(`\`${what}\` is not base64`);
  return bytes;
}

function invalid(reason: string): AttestationError {
  return new AttestationError(`not a DSSE envelope: ${reason}`, { code: "envelope_invalid" });
}

/** The bytes that a DSSE signature covers (DSSE protocol v1.0, "PAE"). */
export function toPreAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType, "utf8");
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `),
    type,
    Buffer.from(` ${payload.length} `),
    Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
  ]);
}
