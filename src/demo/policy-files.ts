import ruleData from "../../examples/data/rule_data.yaml";
import libProvenance from "../../examples/policy/lib/provenance.rego";
import libResult from "../../examples/policy/lib/result.rego";
import libRuleData from "../../examples/policy/lib/rule_data.rego";
import builder from "../../examples/policy/release/builder.rego";
import labels from "../../examples/policy/release/labels.rego";
import provenance from "../../examples/policy/release/provenance.rego";
import tasks from "../../examples/policy/release/tasks.rego";
import testResults from "../../examples/policy/release/test_results.rego";

/** The example policy without its tests: path below `examples/policy` to text. */
export const examplePolicyFiles: Readonly<Record<string, string>> = {
  "lib/provenance.rego": libProvenance,
  "lib/result.rego": libResult,
  "lib/rule_data.rego": libRuleData,
  "release/builder.rego": builder,
  "release/labels.rego": labels,
  "release/provenance.rego": provenance,
  "release/tasks.rego": tasks,
  "release/test_results.rego": testResults,
};

/** The example policy's data: path below `examples/data` to text. */
export const exampleDataFiles: Readonly<Record<string, string>> = { "rule_data.yaml": ruleData };
