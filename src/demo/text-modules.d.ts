// Rego and YAML files that are imported become the text they hold: esbuild's `text` loader, and its twin in the tests.
declare module "*.rego" {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: a text module has no other export.
  export default text;
}

declare module "*.yaml" {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: a text module has no other export.
  export default text;
}
