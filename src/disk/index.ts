export { makeFolder } from "./folders.ts";
