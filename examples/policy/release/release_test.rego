package release_test

import rego.v1

import data.builder
import data.labels
import data.provenance
import data.tasks
import data.test_results

values := {
	"pipeline_build_types": ["tekton.dev/v1/PipelineRun"],
	"allowed_builder_ids": ["https://builder.example/trusted"],
	"required_tasks": ["build", "scan"],
	"recommended_tasks": ["write-sbom"],
	"required_labels": ["source"],
	"recommended_labels": ["description"],
	"passed_outcomes": ["SUCCESS"],
	"warned_outcomes": ["WARNING"],
	"failed_outcomes": ["FAILURE", "ERROR"],
}

digest := concat("", ["sha256:", sprintf("%064d", [7])])

task(name, outcome) := {
	"name": sprintf("run-%s", [name]),
	"status": "Succeeded",
	"ref": {"params": [
		{"name": "name", "value": name},
		{"name": "bundle", "value": sprintf("registry.example/%s@%s", [name, digest])},
	]},
	"results": [{"name": "TEST_OUTPUT", "value": json.marshal({"result": outcome, "note": "two findings"})}],
}

good_predicate := {
	"buildType": "tekton.dev/v1/PipelineRun",
	"builder": {"id": "https://builder.example/trusted"},
	"buildConfig": {"tasks": [task("build", "SUCCESS"), task("scan", "SUCCESS"), task("write-sbom", "SUCCESS")]},
	"materials": [{"uri": "git+https://git.example/app.git", "digest": {"sha1": sprintf("%040d", [7])}}],
}

attested(predicate) := {
	"attestations": [{"statement": {
		"predicateType": "https://slsa.dev/provenance/v0.2",
		"predicate": predicate,
	}}],
	"image": {"config": {"Labels": {"source": "https://git.example/app", "description": "an app"}}},
}

changed(patches) := attested(json.patch(good_predicate, patches))

denials := (((provenance.deny | builder.deny) | tasks.deny) | test_results.deny) | labels.deny

warnings := (tasks.warn | test_results.warn) | labels.warn

codes(results) := {code |
	some found in results
	code := concat(":", [found.code, object.get(found, "term", "")])
}

test_good_image_has_no_results if {
	count(denials | warnings) == 0 with input as attested(good_predicate) with data.rule_data as values
}

test_no_attestations if {
	codes(provenance.deny) == {"provenance.available:"} with input as {"image": {}} with data.rule_data as values
}

test_other_build_type_is_no_provenance if {
	changes := [{"op": "replace", "path": "/buildType", "value": "https://example.com/by-hand"}]
	"provenance.available:" in codes(provenance.deny) with input as changed(changes) with data.rule_data as values
}

test_message_and_metadata_come_from_the_annotations if {
	results := provenance.deny with input as {"attestations": [{"statement": {}}]} with data.rule_data as values
	results == {{
		"code": "provenance.available",
		"msg": "No provenance of a pipeline run was found among 1 verified attestations",
		"collections": ["minimal", "release"],
	}}
}

test_effective_on_comes_from_the_annotations if {
	changes := [{"op": "replace", "path": "/buildConfig/tasks/0/ref/params/1/value", "value": "registry.example/build:1"}]
	some found in tasks.deny with input as changed(changes) with data.rule_data as values
	found.effective_on == "2024-06-01T00:00:00Z"
	found.msg == `Task "run-build" comes from "registry.example/build:1", which has no digest`
}

test_untrusted_builder if {
	changes := [{"op": "replace", "path": "/builder/id", "value": "https://laptop.example"}]
	codes(denials) == {"builder.trusted:https://laptop.example"} with input as changed(changes)
		with data.rule_data as values
}

test_unnamed_builder if {
	changes := [{"op": "remove", "path": "/builder/id"}]
	codes(denials) == {"builder.named:"} with input as changed(changes) with data.rule_data as values
}

test_no_trusted_builders if {
	results := codes(builder.deny) with input as attested(good_predicate)
		with data.rule_data as object.remove(values, ["allowed_builder_ids"])
	results == {"builder.ids_configured:", "builder.trusted:https://builder.example/trusted"}
}

test_no_source if {
	changes := [{"op": "replace", "path": "/materials/0/uri", "value": "oci://registry.example/base"}]
	codes(denials) == {"provenance.materials_recorded:"} with input as changed(changes) with data.rule_data as values
}

test_missing_task if {
	changes := [{"op": "remove", "path": "/buildConfig/tasks/1"}]
	codes(denials) == {"tasks.required:scan"} with input as changed(changes) with data.rule_data as values
}

test_missing_recommended_task if {
	changes := [{"op": "remove", "path": "/buildConfig/tasks/2"}]
	codes(warnings) == {"tasks.recommended:write-sbom"} with input as changed(changes) with data.rule_data as values
}

test_failed_task if {
	changes := [{"op": "replace", "path": "/buildConfig/tasks/0/status", "value": "Failed"}]
	codes(denials) == {"tasks.succeeded:run-build"} with input as changed(changes) with data.rule_data as values
}

test_unpinned_task if {
	changes := [{"op": "replace", "path": "/buildConfig/tasks/0/ref", "value": {"name": "build", "bundle": "r.example/b:1"}}]
	codes(denials) == {"tasks.pinned:run-build"} with input as changed(changes) with data.rule_data as values
}

test_outcomes[outcome] if {
	some outcome, expected in {
		"SUCCESS": set(),
		"WARNING": {"test_results.no_warnings:run-scan"},
		"FAILURE": {"test_results.passed:run-scan"},
		"ERROR": {"test_results.passed:run-scan"},
		"MAYBE": {"test_results.known:run-scan"},
	}
	changes := [{"op": "replace", "path": "/buildConfig/tasks/1", "value": task("scan", outcome)}]
	results := codes(denials | warnings) with input as changed(changes) with data.rule_data as values
	results == expected
}

test_outcome_is_described if {
	changes := [{"op": "replace", "path": "/buildConfig/tasks/1", "value": task("scan", "FAILURE")}]
	some found in test_results.deny with input as changed(changes) with data.rule_data as values
	found.msg == `Test "run-scan" has the outcome FAILURE (two findings)`
}

test_no_outcomes if {
	changes := [{"op": "remove", "path": sprintf("/buildConfig/tasks/%d/results", [position])} |
		some position in numbers.range(0, 2)
	]
	codes(denials) == {"test_results.found:"} with input as changed(changes) with data.rule_data as values
}

test_missing_and_empty_labels if {
	labelled := object.union(attested(good_predicate), {"image": {"config": {"Labels": {"source": "", "description": ""}}}})
	codes(denials | warnings) == {"labels.required:source", "labels.recommended:description"} with input as labelled
		with data.rule_data as values
}

test_no_labels_at_all if {
	unlabelled := json.patch(attested(good_predicate), [{"op": "remove", "path": "/image/config"}])
	codes(labels.deny) == {"labels.required:source"} with input as unlabelled with data.rule_data as values
}

test_configuration_comes_before_data if {
	own := {"required_labels": ["owner"]}
	results := codes(labels.deny) with input as attested(good_predicate) with data.rule_data as values
		with data.rule_data__configuration__ as own
	results == {"labels.required:owner"}
	customised := codes(labels.deny) with input as attested(good_predicate) with data.rule_data as values
		with data.rule_data_custom as own
	customised == {"labels.required:owner"}
}
