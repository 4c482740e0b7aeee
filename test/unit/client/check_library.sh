#!/bin/sh
# check_library.sh NM READELF LIBREEVE.so LIBREEVE.a INCLUDE MANPAGE
#
# The library's face: both forms define exactly what the headers declare, the
# shared one needs libc alone, and the manual page knows every call.
set -eu

nm=$1 readelf=$2 shared=$3 static=$4 include=$5 page=$6
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A declaration may have its name on a line of its own.
cat "$include"/reeve.h "$include"/reeve/*.h | tr '\n' ' ' |
	grep -o 'REEVE_PUBLIC [^(;]*(' | grep -o 'reeve_[a-z0-9_]*($' |
	tr -d '(' | sort -u >"$work/declared"
test "$(wc -l <"$work/declared")" -gt 40

"$nm" -D --defined-only "$shared" | awk '{ print $3 }' | sort -u \
	>"$work/shared"
diff "$work/declared" "$work/shared"
"$nm" -g --defined-only "$static" | awk 'NF == 3 { print $3 }' | sort -u \
	>"$work/static"
diff "$work/declared" "$work/static"

needed=$("$readelf" -d "$shared" | grep NEEDED | grep -v 'libc\.so\|ld-linux\|lib[a-z]*san\.so' ||
	true)
if [ -n "$needed" ]; then
	echo "libreeve needs more than libc: $needed"
	exit 1
fi

for name in $(cat "$work/declared"); do
	grep -qw "$name" "$page" || {
		echo "$page does not mention $name"
		missing=1
	}
done
test -z "${missing-}"
