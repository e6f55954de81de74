// Rego and YAML files that are imported become the text they hold: esbuild's `text` loader, and its twin in the tests.
declare module "*.rego" {
  const text: string;
  export default text;
}

declare module "*.yaml" {
  const text: string;
  export default text;
}
