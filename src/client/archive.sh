#!/bin/sh
# archive.sh OUTPUT AR OBJCOPY CLIENT.a PROCESS.a OTHER.a... -- CC...
#
# Link CLIENT.a and PROCESS.a whole, and what they need of the others, into one
# object; keep only the public names; put it into the archive OUTPUT.
set -eu

output=$1 ar=$2 objcopy=$3 client=$4 process=$5
shift 5
others=
while [ "$1" != -- ]; do
	others="$others $1"
	shift
done
shift

object=${output%.a}.o
# shellcheck disable=SC2086 # build paths without blanks, split on purpose
"$@" -r -nostdlib -o "$object" -Wl,--whole-archive "$client" "$process" \
	-Wl,--no-whole-archive -Wl,--start-group $others -Wl,--end-group
"$objcopy" --localize-hidden "$object"
rm -f "$output"
"$ar" rcs "$output" "$object"
rm -f "$object"
