export * from "./compiled.ts";
export { compileModules, compileQuery } from "./compile.ts";
