# What the rules read of SLSA provenance v0.2, as Tekton Chains writes it for a PipelineRun.
package lib.provenance

import rego.v1

import data.lib.rule_data

predicate_type := "https://slsa.dev/provenance/v0.2"

statements contains attestation.statement if {
	some attestation in input.attestations
	attestation.statement.predicateType == predicate_type
	attestation.statement.predicate.buildType in rule_data.get("pipeline_build_types")
}

tasks contains task if {
	some statement in statements
	some task in statement.predicate.buildConfig.tasks
}

# The name a task has in its catalogue; the pipeline may call it something else.
task_name(task) := name if {
	some param in task.ref.params
	param.name == "name"
	name := param.value
} else := task.ref.name

task_bundle(task) := bundle if {
	some param in task.ref.params
	param.name == "bundle"
	bundle := param.value
} else := task.ref.bundle

# Outcome of a task that tests something: the JSON text in its result TEST_OUTPUT.
tests contains {"task": task.name, "outcome": outcome} if {
	some task in tasks
	some result in task.results
	result.name == "TEST_OUTPUT"
	outcome := json.unmarshal(result.value)
}
