#!/bin/sh
# archive.sh OUTPUT AR OBJCOPY CLIENT.a OTHER.a... -- CC...
#
# Link CLIENT.a whole, and what it needs of the others, into one object; keep
# only the public names; put it into the archive OUTPUT.
set -eu

output=$1 ar=$2 objcopy=$3 client=$4
shift 4
others=
while [ "$1" != -- ]; do
	others="$others $1"
	shift
done
shift

object=${output%.a}.o
# shellcheck disable=SC2086 # build paths without blanks, split on purpose
"$@" -r -nostdlib -o "$object" -Wl,--whole-archive "$client" \
	-Wl,--no-whole-archive -Wl,--start-group $others -Wl,--end-group
"$objcopy" --localize-hidden "$object"
rm -f "$output"
"$ar" rcs "$output" "$object"
rm -f "$object"
