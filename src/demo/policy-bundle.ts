import type { PushedManifest } from "./image.ts";
import type { PushTarget } from "./target.ts";

export interface PushPolicyOptions {
  repository: string;
  tag: string;
  /** Path to text: `.rego` files become policy layers, the others data layers. */
  files: Readonly<Record<string, string>>;
}

export async function pushPolicy(_target: PushTarget, _options: PushPolicyOptions): Promise<PushedManifest> {
  throw new Error("not yet");
}
