import { type KeyPair, signBytes } from "./keys.ts";

export const inTotoPayloadType = "application/vnd.in-toto+json";

/** An in-toto statement (v0.1 or v1). */
export interface Statement {
  _type: string;
  predicateType: string;
  subject: readonly StatementSubject[];
  predicate: unknown;
}

export interface StatementSubject {
  name?: string;
  digest: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
}

/** A DSSE envelope with one signature. */
export interface Envelope {
  payloadType: string;
  /** Base64. */
  payload: string;
  signatures: readonly { keyid?: string; sig: string }[];
}

/** Signs a statement (DSSE 1.0, protocol.md, "Signature Definition"). */
export function signStatement(statement: Statement, key: KeyPair): Envelope {
  const payload = Buffer.from(JSON.stringify(statement));
  const head = `DSSEv1 ${inTotoPayloadType.length} ${inTotoPayloadType} ${payload.length} `;
  const sig = signBytes(Buffer.concat([Buffer.from(head), payload]), key);
  return { payloadType: inTotoPayloadType, payload: payload.toString("base64"), signatures: [{ sig }] };
}
