#
# METADATA
# title: Tasks
# description: >-
#   The pipeline ran the tasks that a release needs, all succeeded, and each came from a pinned bundle.
package tasks

import rego.v1

import data.lib.provenance
import data.lib.result
import data.lib.rule_data

# METADATA
# title: Required tasks ran
# description: >-
#   Every task of the rule data `required_tasks` is in the provenance, by its catalogue's name.
# custom:
#   short_name: required
#   failure_msg: Required task %q did not run
#   solution: >-
#     Add the task to the pipeline and build again.
#   collections:
#   - release
#   depends_on:
#   - provenance.available
#
deny contains violation if {
	some name in rule_data.get("required_tasks")
	not name in _names
	violation := result.create_with_term(rego.metadata.chain(), [name], name)
}

# METADATA
# title: Tasks succeeded
# description: >-
#   No task of the pipeline failed or was cut short.
# custom:
#   short_name: succeeded
#   failure_msg: Task %q ended as %q
#   solution: >-
#     Look at the task's log, mend what failed, and build again.
#   collections:
#   - minimal
#   - release
#   depends_on:
#   - provenance.available
#
deny contains violation if {
	some task in provenance.tasks
	task.status != "Succeeded"
	violation := result.create_with_term(rego.metadata.chain(), [task.name, task.status], task.name)
}

# METADATA
# title: Tasks are pinned
# description: >-
#   Each task's bundle is given by digest: what ran is what was reviewed.
# custom:
#   short_name: pinned
#   failure_msg: Task %q comes from %q, which has no digest
#   solution: >-
#     Refer to task bundles as name:tag@sha256:digest.
#   collections:
#   - release
#   effective_on: 2024-06-01T00:00:00Z
#   depends_on:
#   - provenance.available
#
deny contains violation if {
	some task in provenance.tasks
	bundle := provenance.task_bundle(task)
	not regex.match(`@sha256:[0-9a-f]{64}$`, bundle)
	violation := result.create_with_term(rego.metadata.chain(), [task.name, bundle], task.name)
}

# METADATA
# title: Recommended tasks ran
# description: >-
#   Every task of the rule data `recommended_tasks` is in the provenance.
# custom:
#   short_name: recommended
#   failure_msg: Recommended task %q did not run
#   solution: >-
#     Consider adding the task to the pipeline.
#   collections:
#   - release
#   depends_on:
#   - provenance.available
#
warn contains warning if {
	some name in rule_data.get("recommended_tasks")
	not name in _names
	warning := result.create_with_term(rego.metadata.chain(), [name], name)
}

_names := {provenance.task_name(task) | some task in provenance.tasks}
