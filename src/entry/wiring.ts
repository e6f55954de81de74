import { createContentStore } from "../cache/index.ts";
import type { Environment, TrustSlice, ValidateImageConfiguration } from "../inputs/index.ts";
import { createCredentialStore, createRegistryClient } from "../oci/index.ts";
import type { ValidateImagesPorts } from "../run/index.ts";
import { createTrustProvider, fetchTrustedRootByTuf, type TrustProvider } from "../sigstore/index.ts";
import type { Log } from "../types/index.ts";
import { readExtraCertificates } from "./ports/certificates.ts";
import { createClusterReader } from "./ports/cluster.ts";
import { createHelperRunner } from "./ports/credential-helper.ts";
import { localFiles } from "./ports/files.ts";
import { createGitPort } from "./ports/git.ts";
import { createHttpPort, routeFetch } from "./ports/http.ts";
import { createKeyReader } from "./ports/keys.ts";
import type { RunProgram } from "./ports/programs.ts";
import { type ProxyAgentOptions, readProxySettings } from "./ports/proxy-agent.ts";
import { countWorkers, findMaxDocumentBytes, limitHeapGrowth, startThread } from "./ports/threads.ts";
import { version } from "./version.ts";

/** The machine that a run has to do with. */
export interface Machine {
  env: Environment;
  log: Log;
  runProgram: RunProgram;
}

export interface WiredRun {
  ports: ValidateImagesPorts;
  /** Ends connections and waits for cache writes under way. */
  close(): Promise<void>;
}

const maxCredentialFileBytes = 4 * 1024 * 1024;
const maxTrustFileBytes = 4 * 1024 * 1024;

/** Chooses the real thing for every port of a run. */
export async function wireRun(configuration: ValidateImageConfiguration, machine: Machine): Promise<WiredRun> {
  const { env, log, runProgram } = machine;
  limitHeapGrowth();
  const maxDocumentBytes = findMaxDocumentBytes();
  const ca = await readExtraCertificates(env);
  const connections = { proxy: readProxySettings(env), ...(ca === undefined ? {} : { ca }) };
  const http = createHttpPort({ version, ...connections });
  const store =
    configuration.cache.directory === undefined
      ? undefined
      : createContentStore({ directory: configuration.cache.directory, maxBytes: configuration.cache.maxBytes, log });
  const { retry, pull, offline, insecureRegistries, tokenServices } = configuration.registry;
  const client = createRegistryClient({
    credentials: createCredentialStore({
      env,
      readFile: readCredentialFile,
      runHelper: createHelperRunner(runProgram),
    }),
    log,
    insecureRegistries,
    tokenServices,
    pull,
    offline,
    retry: { ...retry, baseMs: retry.initialWaitMs },
    requestTimeoutMs: 60_000,
    proxy: connections.proxy,
    userAgent: `sealcheck/${version}`,
    maxDocumentBytes,
    ...(store === undefined ? {} : { store }),
    ...(ca === undefined ? {} : { extraCaPem: ca }),
  });
  const trust = await wireTrust(configuration.trust, { offline, connections });
  const readKey = createKeyReader({
    env,
    http,
    cluster: createClusterReader({ env, userAgent: `sealcheck/${version}` }),
  });
  return {
    ports: {
      client,
      trust,
      sources: { files: localFiles, git: createGitPort(runProgram, env), http },
      snapshotFiles: { readFile: localFiles.read },
      readKey,
      startThread,
      defaultWorkers: countWorkers(),
      maxDocumentBytes,
      nowMs: () => Date.now(),
      version,
      log,
    },
    async close() {
      await client.close();
      await store?.close();
    },
  };
}

async function readCredentialFile(path: string): Promise<string | undefined> {
  if ((await localFiles.kindOf(path)) !== "file") return undefined;
  return new TextDecoder().decode(await localFiles.read(path, { maxBytes: maxCredentialFileBytes }));
}

async function wireTrust(
  trust: TrustSlice,
  { offline, connections }: { offline: boolean; connections: ProxyAgentOptions },
): Promise<TrustProvider> {
  const read = async (path: string | undefined) =>
    path === undefined
      ? undefined
      : new TextDecoder().decode(await localFiles.read(path, { maxBytes: maxTrustFileBytes }));
  return createTrustProvider({
    offline,
    trustedRootFile: await read(trust.trustedRootFile),
    overrides: {
      fulcioCertificates: await read(trust.fulcioRootFile),
      ctLogKeys: await read(trust.ctLogPublicKeyFile),
      rekorKeys: await read(trust.rekorPublicKeyFile),
      tsaCertificates: await read(trust.tsaCertificateFile),
    },
    fetchTuf: ({ signal }) => {
      routeFetch(connections);
      return fetchTrustedRootByTuf({
        signal,
        mirrorUrl: trust.tufMirror,
        rootPath: trust.tufRootJson,
        cachePath: trust.noTufCache ? undefined : trust.tufCacheDirectory,
      });
    },
  });
}
