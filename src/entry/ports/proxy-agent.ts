import { Agent, type Dispatcher, Pool, ProxyAgent } from "undici";
import type { Environment } from "../../inputs/index.ts";
import { createProxyRule, type ProxySettings, toAuthorities } from "../../oci/index.ts";

/** The proxies that the environment names, as Go's programs read it: a variable that is empty is one that is not set. */
export function readProxySettings(env: Environment): ProxySettings {
  const http = env.HTTP_PROXY || env.http_proxy;
  const https = env.HTTPS_PROXY || env.https_proxy;
  const noProxy = env.NO_PROXY || env.no_proxy;
  return { ...(http ? { http } : {}), ...(https ? { https } : {}), ...(noProxy ? { noProxy } : {}) };
}

export interface ProxyAgentOptions {
  proxy: ProxySettings;
  /** Certificates (PEM) trusted besides Node's own. */
  ca?: string;
}

/** Connections to whatever origins are asked for, through the proxies that registries are asked through. */
export function createProxyAgent({ proxy, ca }: ProxyAgentOptions): Dispatcher {
  const toProxy = createProxyRule(proxy);
  const tls = ca === undefined ? {} : { ca: toAuthorities(ca) };
  return new Agent({
    factory(origin) {
      const way = toProxy(new URL(origin));
      if (way === undefined) return new Pool(origin, { connect: tls });
      return new ProxyAgent({ uri: way.href, requestTls: tls, proxyTls: tls });
    },
  });
}
