/** Rego and YAML files are imported as texts, as the bundle's loader does. */
export const textModules = {
  name: "text-modules",
  enforce: "pre" as const,
  transform(code: string, id: string): { code: string; map: null } | undefined {
    if (!/\.(rego|yaml)$/.test(id)) return undefined;
    return { code: `export default ${JSON.stringify(code)};`, map: null };
  },
};
