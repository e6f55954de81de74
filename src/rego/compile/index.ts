export { compileModules, compileQuery } from "./compile.ts";
export * from "./compiled.ts";
