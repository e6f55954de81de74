/** The report's metadata of a certificate (PARITY 4.8). `certificate` is DER or PEM. Throws where it does not parse. */
export function describeCertificate(_certificate: Uint8Array | string): Readonly<Record<string, string>> {
  throw new Error("not written yet");
}
