export { loadPolicy } from "./load.ts";
export * from "./types.ts";
