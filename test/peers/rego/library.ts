/** A package beside the one that is generated, whose modules know it by `imports`. */
export const library = `package lib.tools

limit := 3

twice(x) := x * 2 if is_number(x)

twice(x) := concat("", [x, x]) if is_string(x)

grade(x) := "low" if {
  x < limit
} else := "high"

names contains item.id if some item in data.base.nested

names contains "a"

by_id[item.id] := item if some item in data.base.nested

total := count(input.l)

seen contains n if {
  some n in data.base.list
  n < limit
}

default grade_of_input := "none"

grade_of_input := grade(input.n)
`;

export const imports = `import data.base.nested
import data.lib
import data.lib.tools
import data.lib.tools as kit
import data["lib"].tools as quoted
import input.o as object_of_input
`;
