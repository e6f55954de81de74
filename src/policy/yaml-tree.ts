/** What a YAML document holds. Integers that a double does not hold are bigints; keys are texts. */
export type YamlTree = null | boolean | number | bigint | string | readonly YamlTree[] | ReadonlyMap<string, YamlTree>;
