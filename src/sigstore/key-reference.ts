/** Where a key's text says that it is to be found. Reading it is the caller's. */
export type KeyReference =
  | { readonly kind: "pem"; readonly pem: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "k8s"; readonly namespace: string; readonly secret: string; readonly field: "cosign.pub" }
  | { readonly kind: "gitlab"; readonly project: string }
  | { readonly kind: "unsupported"; readonly scheme: string; readonly message: string };

const supported = "give a PEM text, a file, or an env://, https://, k8s://namespace/secret or gitlab:// reference";

const services: Readonly<Record<string, string>> = {
  awskms: "AWS KMS",
  gcpkms: "Google Cloud KMS",
  azurekms: "Azure Key Vault",
  hashivault: "HashiCorp Vault",
};

/** Tells a key's forms apart: inline PEM, file, `env://`, `http(s)://`, `k8s://`, `gitlab://`. Never throws. */
export function classifyKeyReference(text: string): KeyReference {
  if (text.includes("-----BEGIN ")) return { kind: "pem", pem: text };
  const reference = text.trim();
  if (reference === "") return unsupported("", `the key is empty: ${supported}`);
  if (/^pkcs11:/i.test(reference))
    return unsupported("pkcs11", `keys in PKCS #11 tokens are not supported: ${supported}`);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(reference)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: "file", path: reference };
  const rest = reference.slice(scheme.length + "://".length);
  switch (scheme) {
    case "http":
    case "https":
      return { kind: "http", url: reference };
    case "env":
      return rest === ""
        ? unsupported(scheme, "env:// names no variable: env://NAME was expected")
        : { kind: "env", name: rest };
    case "k8s":
      return toSecret(rest);
    case "gitlab":
      return rest === ""
        ? unsupported(scheme, "gitlab:// names no project: gitlab://GROUP/PROJECT or gitlab://ID was expected")
        : { kind: "gitlab", project: rest };
    default:
      return unsupported(scheme, toMessage(scheme));
  }
}

function toSecret(rest: string): KeyReference {
  const [namespace, secret, ...others] = rest.split("/");
  if (!namespace || !secret || others.length > 0) {
    return unsupported("k8s", "a key in a cluster is written k8s://NAMESPACE/SECRET, with exactly these two parts");
  }
  return { kind: "k8s", namespace, secret, field: "cosign.pub" };
}

function toMessage(scheme: string): string {
  const service = services[scheme];
  return service === undefined
    ? `unknown kind of key reference ${scheme}://: ${supported}`
    : `keys in ${service} (${scheme}://) are not supported: export the public key once, and ${supported}`;
}

function unsupported(scheme: string, message: string): KeyReference {
  return { kind: "unsupported", scheme, message };
}
