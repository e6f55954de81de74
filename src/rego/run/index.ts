export * from "./types.ts";
export { loadPolicy } from "./load.ts";
