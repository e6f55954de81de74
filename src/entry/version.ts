declare const SEALCHECK_VERSION: string | undefined;

/** The version in package.json, put into the bundle when it is built. */
export const version: string = typeof SEALCHECK_VERSION === "string" ? SEALCHECK_VERSION : "0.0.0-source";
