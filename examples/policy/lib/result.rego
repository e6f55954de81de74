# How a rule tells its result: code, message and date come from the rule's own annotations, so that they are
# written once and the list of rules can be made from them.
package lib.result

import rego.v1

# `values` fill the placeholders of the rule's failure_msg, in their order.
create(chain, values) := result if {
	annotations := chain[0].annotations
	required := {
		"code": sprintf("%s.%s", [_package(chain[0].path), annotations.custom.short_name]),
		"msg": sprintf(annotations.custom.failure_msg, values),
	}
	optional := {key: value |
		some key in ["collections", "effective_on"]
		value := annotations.custom[key]
	}
	result := object.union(required, optional)
}

# A term names what the result is about, so that a policy configuration can exclude this case alone.
create_with_term(chain, values, term) := object.union(create(chain, values), {"term": term})

# A rule's path is its package, then `deny` or `warn`; some versions of OPA put `data` before it.
_package(path) := concat(".", array.slice(path, 1, count(path) - 1)) if {
	path[0] == "data"
} else := concat(".", array.slice(path, 0, count(path) - 1))
