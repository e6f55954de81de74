#
# METADATA
# title: Labels
# description: >-
#   Labels tell where an image comes from after it has left the registry.
package labels

import rego.v1

import data.lib.result
import data.lib.rule_data

# METADATA
# title: Required labels are set
# description: >-
#   The image has every label of the rule data `required_labels`, with a value.
# custom:
#   short_name: required
#   failure_msg: Required label %q is missing
#   solution: >-
#     Set the label in the Containerfile or in the build task.
#   collections:
#   - release
#
deny contains violation if {
	some name in rule_data.get("required_labels")
	not name in _labels
	violation := result.create_with_term(rego.metadata.chain(), [name], name)
}

# METADATA
# title: Recommended labels are set
# description: >-
#   The image has every label of the rule data `recommended_labels`, with a value.
# custom:
#   short_name: recommended
#   failure_msg: Recommended label %q is missing
#   solution: >-
#     Set the label in the Containerfile or in the build task.
#   collections:
#   - release
#
warn contains warning if {
	some name in rule_data.get("recommended_labels")
	not name in _labels
	warning := result.create_with_term(rego.metadata.chain(), [name], name)
}

_labels := {name | some name, value in input.image.config.Labels; value != ""}
