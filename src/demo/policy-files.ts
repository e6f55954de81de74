/** The example policy, path (below `examples/`) to text: `policy/*.rego` without tests, and `data/*.yaml`. */
export const examplePolicyFiles: Readonly<Record<string, string>> = {};
export const exampleDataFiles: Readonly<Record<string, string>> = {};
