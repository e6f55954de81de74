import type { EcSigstorePort } from "../policy/index.ts";
import { type SigstoreCallContext, verifyAttestationCall, verifyImageCall } from "../sigstore/index.ts";

/** Answers the verifications that policies ask for with the run's client and trust. */
export function createSigstoreCalls(
  ports: Pick<SigstoreCallContext, "client" | "trust" | "attestationAsSignature"> & {
    readKey(key: string, signal: AbortSignal): Promise<string>;
    nowMs(): number;
  },
  parent: AbortSignal,
): EcSigstorePort {
  const toContext = (signal: AbortSignal | undefined): SigstoreCallContext => ({
    client: ports.client,
    trust: ports.trust,
    attestationAsSignature: ports.attestationAsSignature,
    readKey: (key, options) => ports.readKey(key, options.signal),
    now: new Date(ports.nowMs()),
    signal: signal ?? parent,
  });
  return {
    verifyImage: (reference, options, { signal }) => verifyImageCall(reference, options, toContext(signal)),
    verifyAttestation: (reference, options, { signal }) => verifyAttestationCall(reference, options, toContext(signal)),
  };
}
