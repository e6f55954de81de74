export { compileModules, compileQuery } from "./compile.ts";
export * from "./compiled.ts";
export { type DocumentKey, toDocumentKey, toKeyValue } from "./document-key.ts";
