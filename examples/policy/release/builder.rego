#
# METADATA
# title: Builder
# description: >-
#   Images come from build services that are trusted, never from somebody's own machine.
package builder

import rego.v1

import data.lib.provenance
import data.lib.result
import data.lib.rule_data

# METADATA
# title: Builder is trusted
# description: >-
#   The builder's id in the provenance is one of the rule data `allowed_builder_ids`.
# custom:
#   short_name: trusted
#   failure_msg: Builder %q is not among the trusted ones
#   solution: >-
#     Build with a trusted service, or add its id to the rule data allowed_builder_ids.
#   collections:
#   - minimal
#   - release
#   depends_on:
#   - provenance.available
#
deny contains violation if {
	some statement in provenance.statements
	id := statement.predicate.builder.id
	not id in rule_data.get("allowed_builder_ids")
	violation := result.create_with_term(rego.metadata.chain(), [id], id)
}

# METADATA
# title: Builder is named
# description: >-
#   The provenance holds a builder's id.
# custom:
#   short_name: named
#   failure_msg: Provenance names no builder
#   solution: >-
#     See that the build service writes builder.id.
#   collections:
#   - release
#   depends_on:
#   - provenance.available
#
deny contains violation if {
	some statement in provenance.statements
	not statement.predicate.builder.id
	violation := result.create(rego.metadata.chain(), [])
}

# METADATA
# title: Trusted builders are configured
# description: >-
#   The rule data `allowed_builder_ids` is a list with at least one entry. Without it every builder would be refused.
# custom:
#   short_name: ids_configured
#   failure_msg: Rule data allowed_builder_ids is missing or empty
#   solution: >-
#     Give allowed_builder_ids in a data source or in the configuration's ruleData.
#   collections:
#   - release
#
deny contains violation if {
	count(rule_data.get("allowed_builder_ids")) == 0
	violation := result.create(rego.metadata.chain(), [])
}
