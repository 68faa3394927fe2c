#!/bin/sh
# Signs requests of Gillie's for `authbench sign bench --exec`, in POSIX shell with sha256sum: one JSON object a line in, the
# bare hash out. It reads no JSON but these lines, whose texts hold neither quotes nor backslashes.
LC_ALL=C
export LC_ALL

# field sets value to the text of that name in the line.
field() {
	value=${line#*"\"$1\":\""}
	value=${value%%'"'*}
}

while IFS= read -r line; do
	field private_key && private=$value
	field public_key && public=$value
	field salt
	hash=$(printf %s "$private$public$value" | sha256sum) # printf adds no newline, as echo would
	echo "${hash%% *}"
done
