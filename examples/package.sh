#!/bin/sh
# package.sh STAMP DIR NAME=FILE...
#
# Lay out one package: every FILE becomes DIR/NAME.
set -eu

stamp=$1 dir=$2
shift 2
for file; do
	mkdir -p "$(dirname "$dir/${file%%=*}")"
	# Replaced, not overwritten: it may be running.
	cp -f --remove-destination "${file#*=}" "$dir/${file%%=*}"
done
: >"$stamp"
