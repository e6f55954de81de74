#
# METADATA
# title: Test results
# description: >-
#   Tasks that scan or test report their outcome as the task result TEST_OUTPUT. These rules read it.
package test_results

import rego.v1

import data.lib.provenance
import data.lib.result
import data.lib.rule_data

# METADATA
# title: Tests were run
# description: >-
#   At least one task reported an outcome.
# custom:
#   short_name: found
#   failure_msg: No task reported TEST_OUTPUT
#   solution: >-
#     Add the scans that a release needs to the pipeline.
#   collections:
#   - release
#   depends_on:
#   - provenance.available
#
deny contains violation if {
	count(provenance.tests) == 0
	violation := result.create(rego.metadata.chain(), [])
}

# METADATA
# title: Tests passed
# description: >-
#   No test has one of the outcomes in the rule data `failed_outcomes`.
# custom:
#   short_name: passed
#   failure_msg: Test %q has the outcome %s (%s)
#   solution: >-
#     Read the task's log, mend what it found, and build again.
#   collections:
#   - release
#   depends_on:
#   - test_results.found
#
deny contains violation if {
	some test in provenance.tests
	test.outcome.result in rule_data.get("failed_outcomes")
	violation := result.create_with_term(rego.metadata.chain(), _describe(test), test.task)
}

# METADATA
# title: Tests have no warnings
# description: >-
#   A test that passed with warnings deserves a look.
# custom:
#   short_name: no_warnings
#   failure_msg: Test %q has the outcome %s (%s)
#   solution: >-
#     Read the task's log and decide whether the warnings matter.
#   collections:
#   - release
#   depends_on:
#   - test_results.found
#
warn contains warning if {
	some test in provenance.tests
	test.outcome.result in rule_data.get("warned_outcomes")
	warning := result.create_with_term(rego.metadata.chain(), _describe(test), test.task)
}

# METADATA
# title: Outcomes are known
# description: >-
#   Every outcome is one that these rules understand: a new word must not pass as a success.
# custom:
#   short_name: known
#   failure_msg: Test %q has the unknown outcome %q
#   solution: >-
#     See which version of the task reports this, and add the outcome to the rule data.
#   collections:
#   - release
#   depends_on:
#   - test_results.found
#
deny contains violation if {
	some test in provenance.tests
	outcome := object.get(test.outcome, "result", "")
	not outcome in _known
	violation := result.create_with_term(rego.metadata.chain(), [test.task, outcome], test.task)
}

_known := {outcome |
	some key in ["passed_outcomes", "warned_outcomes", "failed_outcomes"]
	some outcome in rule_data.get(key)
}

_describe(test) := [test.task, test.outcome.result, object.get(test.outcome, "note", "no note")]
