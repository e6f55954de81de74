import type { Environment, TrustSlice, VerificationSlice } from "./configuration.ts";
import { firstSet } from "./environment.ts";
import { quote } from "./flag-parser.ts";
import type { FlagReader } from "./flag-reader.ts";
import { present } from "./present.ts";
import { parseBoolean, parseSize } from "./values.ts";

const defaultAttachmentBytes = 128 * 2 ** 20;

/** How signatures and attestations are verified. */
export function readVerificationSlice(flags: FlagReader, env: Environment): VerificationSlice {
  const sizeText = firstSet(env, "COSIGN_MAX_ATTACHMENT_SIZE");
  const maxAttachmentBytes = sizeText === undefined ? defaultAttachmentBytes : parseSize(sizeText);
  if (maxAttachmentBytes === undefined || maxAttachmentBytes === 0) {
    flags.refuse("COSIGN_MAX_ATTACHMENT_SIZE", `expected a size such as 128MiB, got ${quote(sizeText ?? "")}`);
  }
  return {
    ignoreRekor: flags.boolean("ignore-rekor"),
    skipImageSignatureCheck: flags.boolean("skip-image-sig-check"),
    skipAttestationSignatureCheck: flags.boolean("skip-att-sig-check"),
    attestationAsSignature: flags.boolean("attestation-as-signature"),
    maxAttachmentBytes: maxAttachmentBytes ?? defaultAttachmentBytes,
  };
}

/** Trust material, from flags and from the variables that cosign reads. */
export function readTrustSlice(flags: FlagReader, env: Environment): TrustSlice {
  if (flags.text("trusted-root") !== undefined && flags.text("tuf-mirror") !== undefined) {
    flags.refuse("--tuf-mirror", "--trusted-root is given too, and with it no mirror is asked; keep one of them");
  }
  return {
    ...present({
      trustedRootFile: flags.text("trusted-root"),
      tufMirror: readUrl(flags, "tuf-mirror") ?? firstSet(env, "TUF_MIRROR"),
      tufRootJson: firstSet(env, "TUF_ROOT_JSON"),
      tufCacheDirectory: firstSet(env, "TUF_ROOT"),
      fulcioRootFile: firstSet(env, "SIGSTORE_ROOT_FILE"),
      ctLogPublicKeyFile: firstSet(env, "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE"),
      rekorPublicKeyFile: firstSet(env, "SIGSTORE_REKOR_PUBLIC_KEY"),
      tsaCertificateFile: firstSet(env, "SIGSTORE_TSA_CERTIFICATE_FILE"),
    }),
    noTufCache: parseBoolean(firstSet(env, "SIGSTORE_NO_CACHE") ?? "false") ?? true,
  };
}

/** An address over http or https, if given. */
export function readUrl(flags: FlagReader, name: string): string | undefined {
  const text = flags.text(name);
  if (text !== undefined && !/^https?:\/\/[^/\s]+/i.test(text)) {
    flags.refuse(`--${name}`, `expected an address such as https://host.example, got ${quote(text)}`);
  }
  return text;
}
