# Values that a policy's rules leave to whoever uses them. The policy configuration's own ruleData counts first, then
# a data source that customises, then the data that comes with the policy.
package lib.rule_data

import rego.v1

get(key) := value if {
	value := data.rule_data__configuration__[key]
} else := value if {
	value := data.rule_data_custom[key]
} else := value if {
	value := data.rule_data[key]
} else := []
