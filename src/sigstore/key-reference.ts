/** Where a key's text says that it is to be found. Reading it is the caller's. */
export type KeyReference =
  | { readonly kind: "pem"; readonly pem: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "k8s"; readonly namespace: string; readonly secret: string; readonly field: "cosign.pub" }
  | { readonly kind: "gitlab"; readonly project: string }
  | { readonly kind: "unsupported"; readonly scheme: string; readonly message: string };

/** Tells a key's forms apart (PARITY: inline PEM, file, `env://`, `http(s)://`, `k8s://`, `gitlab://`). Never throws. */
export function classifyKeyReference(_text: string): KeyReference {
  throw new Error("not written yet");
}
