import type { Json, Log } from "../../types/index.ts";
import { PolicyError } from "../errors.ts";
import type { RegistryPort } from "../oci-port.ts";
import { AnswerCache } from "./answer-cache.ts";
import { judgeFault, NoAnswer } from "./ec-faults.ts";
import { type EcFunctionName, isEcFunction } from "./functions.ts";
import {
  hasDigest,
  listReferrers,
  listTagRefs,
  type OciQuestion,
  readBlobFiles,
  readBlobJson,
  readBlobText,
  readDescriptor,
  readImageFiles,
  readImageIndex,
  readImageManifest,
  referencesIn,
} from "./oci-functions.ts";
import { type EcSigstorePort, type SigstoreFunction, toSigstoreCall, verify } from "./sigstore-functions.ts";

/** Bounds of the look-ups that policies ask for. */
export interface EcBounds {
  /** Sum of what is remembered for later calls. */
  cacheBytes: number;
  /** Stored bytes of one blob. */
  maxBlobBytes: number;
  /** Bytes of one blob after it was inflated. */
  maxExpandedBytes: number;
  /** Values in one blob, told by colons, commas and brackets, also those in texts. */
  maxBlobValues: number;
  /** Members of one `ec.oci.image_manifests` call. */
  maxReferences: number;
}

export interface EcHostOptions {
  registry: RegistryPort;
  sigstore: EcSigstorePort;
  log: Log;
  bounds?: Partial<EcBounds>;
}

export interface EcCall {
  name: string;
  args: readonly Json[];
}

/** Answers the calls that policies make to registries, remembering what was answered. */
export interface EcHost {
  /**
   * The call's answer; undefined where there is none (`ec.oci.*` on a final failure, which the log tells).
   *
   * @throws {PolicyError} `external-call-failed` when a fault that may pass prevented an answer, `limit-exceeded`
   */
  answer(call: EcCall, options?: { signal?: AbortSignal }): Promise<Json | undefined>;
}

const mebibyte = 1024 * 1024;

const defaultBounds: EcBounds = {
  cacheBytes: 64 * mebibyte,
  maxBlobBytes: 128 * mebibyte,
  maxExpandedBytes: 256 * mebibyte,
  maxBlobValues: 16_000_000,
  maxReferences: 10_000,
};

type SimpleFunction = Exclude<EcFunctionName, "ec.oci.image_manifests" | SigstoreFunction>;

/** Functions of things that are named by digest alone: a tag is no answer. */
const digestOnly: ReadonlySet<string> = new Set<SimpleFunction>([
  "ec.oci.blob",
  "ec.oci.parsed_blob",
  "ec.oci.blob_files",
  "ec.oci.image_files",
]);

/** What tags and referrers name may change while a run lasts. */
const notRemembered: ReadonlySet<string> = new Set<SimpleFunction>(["ec.oci.image_tag_refs", "ec.oci.image_referrers"]);

function subjectOf({ args }: EcCall): string {
  const [first] = args;
  return typeof first === "string" ? first : `${Array.isArray(first) ? first.length : 0} references`;
}

class RegistryHost implements EcHost {
  readonly #options: EcHostOptions;
  readonly #bounds: EcBounds;
  readonly #cache: AnswerCache;

  constructor(options: EcHostOptions) {
    this.#options = options;
    this.#bounds = { ...defaultBounds, ...options.bounds };
    this.#cache = new AnswerCache(this.#bounds.cacheBytes);
  }

  async answer(call: EcCall, options: { signal?: AbortSignal } = {}): Promise<Json | undefined> {
    try {
      return await this.#dispatch(call, options.signal);
    } catch (error) {
      options.signal?.throwIfAborted();
      return judgeFault(error, { name: call.name, subject: subjectOf(call) }, this.#options.log);
    }
  }

  #dispatch(call: EcCall, signal: AbortSignal | undefined): Promise<Json | undefined> {
    const { name, args } = call;
    if (!isEcFunction(name)) {
      throw new PolicyError(`${name} is no function of the host`, { code: "evaluation-failed", subject: name });
    }
    switch (name) {
      case "ec.sigstore.verify_image":
      case "ec.sigstore.verify_attestation":
        return this.#verify(name, args, signal);
      case "ec.oci.image_manifests":
        return this.#readManifests(args[0], signal);
      default:
        return this.#ask(name, args, signal);
    }
  }

  #questionOf(name: SimpleFunction, args: readonly Json[]): OciQuestion {
    switch (name) {
      case "ec.oci.blob":
        return readBlobText;
      case "ec.oci.parsed_blob":
        return readBlobJson;
      case "ec.oci.blob_files":
        return readBlobFiles(args[1]);
      case "ec.oci.image_files":
        return readImageFiles(args[1]);
      case "ec.oci.image_manifest":
        return readImageManifest;
      case "ec.oci.image_index":
        return readImageIndex;
      case "ec.oci.descriptor":
        return readDescriptor;
      case "ec.oci.image_referrers":
        return listReferrers;
      case "ec.oci.image_tag_refs":
        return listTagRefs((tag, error) => judgeFault(error, { name, subject: tag }, this.#options.log));
    }
  }

  /** Resolves the reference once, then asks by digest; answers are known by digest and arguments. */
  async #ask(name: SimpleFunction, args: readonly Json[], signal: AbortSignal | undefined): Promise<Json | undefined> {
    const [reference, ...others] = args;
    if (typeof reference !== "string") {
      throw new NoAnswer("the reference is no text");
    }
    if (digestOnly.has(name) && !hasDigest(reference)) {
      throw new NoAnswer("expected a reference with a digest: repository@sha256:...");
    }
    const { registry } = this.#options;
    const resolved = await registry.resolve(reference, signal === undefined ? {} : { signal });
    const question = this.#questionOf(name, args);
    const key = JSON.stringify([name, resolved.repository, resolved.digest, others]);
    const ask = async (shared: AbortSignal) => ({
      value: await question(resolved, { registry, bounds: this.#bounds, signal: shared }),
      remember: !notRemembered.has(name),
    });
    return await this.#cache.get(key, ask, signal);
  }

  /** Missing answers are left out of the object; a fault that says nothing is an error. */
  async #readManifests(value: Json | undefined, signal: AbortSignal | undefined): Promise<Json> {
    const references = referencesIn(value, this.#bounds.maxReferences);
    const options = signal === undefined ? {} : { signal };
    const entries = await Promise.all(
      references.map(async (reference) => {
        const answer = await this.answer({ name: "ec.oci.image_manifest", args: [reference] }, options);
        return [reference, answer] as const;
      }),
    );
    const found = entries.filter((entry): entry is [string, Json] => entry[1] !== undefined);
    return Object.fromEntries(found);
  }

  async #verify(
    name: SigstoreFunction,
    args: readonly Json[],
    signal: AbortSignal | undefined,
  ): Promise<Json | undefined> {
    const call = toSigstoreCall(name, args);
    const ask = (shared: AbortSignal) => verify(call, this.#options.sigstore, shared);
    return await this.#cache.get(call.key, ask, signal);
  }
}

/**
 * Makes the host of a run. Answers are remembered within `cacheBytes`; failures are not; equal calls under way are made
 * once. A tag is resolved by the registry port, and fetched by its digest.
 */
export function createEcHost(options: EcHostOptions): EcHost {
  return new RegistryHost(options);
}
