#
# METADATA
# title: Provenance
# description: >-
#   Provenance says how an image was built. The other rules read it, so it comes first.
package provenance

import rego.v1

import data.lib.provenance as lib
import data.lib.result

# METADATA
# title: Provenance is available
# description: >-
#   At least one verified attestation is SLSA provenance v0.2 of a pipeline run.
# custom:
#   short_name: available
#   failure_msg: No provenance of a pipeline run was found among %d verified attestations
#   solution: >-
#     Build the image with a pipeline whose runs are attested, and see that the attestation is pushed with the image.
#   collections:
#   - minimal
#   - release
#
deny contains violation if {
	count(lib.statements) == 0
	violation := result.create(rego.metadata.chain(), [count(object.get(input, "attestations", []))])
}

# METADATA
# title: Materials are recorded
# description: >-
#   Provenance names the sources that the image was built from, each with a digest.
# custom:
#   short_name: materials_recorded
#   failure_msg: Provenance names no source with a commit
#   solution: >-
#     Let the pipeline fetch its sources with a task that reports their address and commit.
#   collections:
#   - release
#   depends_on:
#   - provenance.available
#
deny contains violation if {
	some statement in lib.statements
	count(_sources(statement)) == 0
	violation := result.create(rego.metadata.chain(), [])
}

_sources(statement) := {material.uri |
	some material in statement.predicate.materials
	startswith(material.uri, "git+")
	regex.match(`^[0-9a-f]{40}$`, material.digest.sha1)
}
