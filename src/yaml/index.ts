export { notPlain, type PlainBuilder, readPlainYaml } from "./plain-yaml.ts";
